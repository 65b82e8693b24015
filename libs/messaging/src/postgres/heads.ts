import type { Clock } from '@trebol/contracts';
import type pg from 'pg';
import type { HeadMove } from './publish.ts';

/** Pause between polls while other processes publish: what a message from elsewhere waits at most when traffic flows. */
const POLL_MS_MIN = 20;
/** Pause between polls when nothing happens: two queries a second for the whole process, however many topics and groups there are. */
const POLL_MS_MAX = 500;
/** Growth of the pause with each poll that finds nothing new. */
const POLL_GROWTH = 1.5;

const slotOf = (topicId: number, partition: number): number => topicId * 65_536 + partition;

/**
 * How far every partition reaches. What this process publishes is known at once; what others publish is found by one small query over all
 * topics, so that neither partitions nor subscriptions cost a poll of their own.
 */
export class Heads {
  readonly #pool: pg.Pool;
  readonly #schema: string;
  readonly #clock: Clock;
  readonly #positions = new Map<number, bigint>();
  readonly #listeners = new Set<() => void>();
  readonly #stopping = new AbortController();
  /** Offset ids that have something to replay. */
  readonly #replays = new Set<number>();
  #loop: Promise<void> | undefined;

  constructor(pool: pg.Pool, schema: string, clock: Clock) {
    this.#pool = pool;
    this.#schema = schema;
    this.#clock = clock;
  }

  /** Newest known position, 0 for none. All messages up to it are visible to a query that begins now. */
  of(topicId: number, partition: number): bigint {
    return this.#positions.get(slotOf(topicId, partition)) ?? 0n;
  }

  hasReplay(offsetId: number): boolean {
    return this.#replays.has(offsetId);
  }

  replayDone(offsetId: number): void {
    this.#replays.delete(offsetId);
  }

  /** Calls `listener` on anything new until the returned function is called. Polling runs while anybody listens. */
  async listen(listener: () => void): Promise<() => void> {
    this.#listeners.add(listener);
    await this.refresh();
    this.#loop ??= this.#run();
    return () => { this.#listeners.delete(listener); };
  }

  raise(moves: readonly HeadMove[]): void {
    let raised = false;
    for (const { topicId, partition, position } of moves) {
      if (position <= this.of(topicId, partition)) continue;
      this.#positions.set(slotOf(topicId, partition), position);
      raised = true;
    }
    if (raised) this.#notify();
  }

  /** Reads the heads now. Returns whether there was anything new. */
  async refresh(): Promise<boolean> {
    const result = await this.#pool.query<{ topic_id: number; partition: number; position: string; replays: number[] | null }>({
      name: 'bus-heads',
      text: `select topic_id, partition, position,
          (select array_agg(distinct offset_id) from ${this.#schema}.dead_letter where replay) as replays
        from ${this.#schema}.head where position > 0`,
    });
    let changed = false;
    for (const id of result.rows[0]?.replays ?? []) {
      changed ||= !this.#replays.has(id);
      this.#replays.add(id);
    }
    for (const row of result.rows) {
      const position = BigInt(row.position);
      if (position <= this.of(row.topic_id, row.partition)) continue;
      this.#positions.set(slotOf(row.topic_id, row.partition), position);
      changed = true;
    }
    if (changed) this.#notify();
    return changed;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let pause = POLL_MS_MIN;
    while (!signal.aborted) {
      await this.#clock.sleep(pause, signal);
      if (signal.aborted) return;
      // A server that is away is as good as silent: the consumers' own queries report it.
      const changed = this.#listeners.size > 0 && await this.refresh().catch(() => false);
      pause = changed ? POLL_MS_MIN : Math.min(POLL_MS_MAX, Math.ceil(pause * POLL_GROWTH));
    }
  }
}
