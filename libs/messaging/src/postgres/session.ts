import pg from 'pg';

/**
 * The one connection that holds this process's claims as advisory locks. A claim lives exactly as long as the connection, and offsets are
 * written on it, so an offset can only be written by who holds the claim: there is no lease to renew and no clock to trust.
 * It must reach the server directly or through a pooler in session mode.
 */
export class Session {
  readonly #client: pg.Client;
  readonly #lost = new AbortController();
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(client: pg.Client) {
    this.#client = client;
    const end = (): void => this.#lost.abort();
    client.on('error', end);
    client.on('end', end);
  }

  static async open(url: string): Promise<Session> {
    const client = new pg.Client({ connectionString: url, application_name: 'trebol-bus-claims', keepAlive: true });
    const session = new Session(client);
    await client.connect();
    // Moving an offset need not wait for the disk: after a crash of the server the last batches are delivered again. The server gives a
    // silent peer up after about 25 s, so that claims of a machine that vanished come free.
    await client.query(`set synchronous_commit = off; set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5;
      set tcp_keepalives_count = 3`);
    return session;
  }

  /** Aborts when the connection is gone, and all locks with it. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Runs work on the connection, one piece after the other. */
  run<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const result = this.#tail.then(() => work(this.#client));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** A transaction that is on disk when this returns. */
  transaction<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    return this.run(async (client) => {
      await client.query('begin');
      try {
        await client.query('set local synchronous_commit = on');
        const result = await work(client);
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch(() => undefined);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await this.#tail.catch(() => undefined);
    this.#lost.abort();
    await this.#client.end().catch(() => undefined);
  }
}
