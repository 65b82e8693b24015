import type { Pool } from 'pg';

/** Names of event types as small numbers: a name is stored once instead of in every event. Both ways are kept in memory. */
export class EventTypes {
  private readonly ids = new Map<string, number>();
  private readonly names = new Map<number, string>();

  constructor(private readonly pool: Pool, private readonly schema: string) {}

  /** Makes sure that all these names have an id; asks the database only for new ones. */
  async ensure(names: Iterable<string>): Promise<void> {
    const missing = [...new Set(names)].filter((name) => !this.ids.has(name));
    if (missing.length === 0) return;
    const client = await this.pool.connect();
    let failure: Error | undefined;
    try {
      await client.query('BEGIN');
      await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('trebol event types ' || $1, 0))`, [this.schema]);
      await client.query(
        `INSERT INTO ${this.schema}.event_type (id, name)
         SELECT (SELECT coalesce(max(id), 0) FROM ${this.schema}.event_type) + row_number() OVER (ORDER BY n.name), n.name
         FROM unnest($1::text[]) AS n (name)
         WHERE NOT EXISTS (SELECT FROM ${this.schema}.event_type AS t WHERE t.name = n.name)`, [missing]);
      await client.query('COMMIT');
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      client.release(failure);
    }
    await this.reload();
  }

  /** Id of a name that `ensure` has seen. */
  idOf(name: string): number {
    const id = this.ids.get(name);
    if (id === undefined) throw new RangeError(`the event type ${name} has no id`);
    return id;
  }

  /** Makes sure that the names of these ids are in memory: another process may have made them. */
  async ensureNames(ids: Iterable<number>): Promise<void> {
    for (const id of ids) {
      if (!this.names.has(id)) return this.reload();
    }
    return undefined;
  }

  nameOf(id: number): string {
    const name = this.names.get(id);
    if (name === undefined) throw new RangeError(`the event type ${id} has no name`);
    return name;
  }

  private async reload(): Promise<void> {
    const { rows } = await this.pool.query<{ id: number; name: string }>(`SELECT id, name FROM ${this.schema}.event_type`);
    for (const { id, name } of rows) {
      this.ids.set(name, id);
      this.names.set(id, name);
    }
  }
}
