import type { Clock } from '@trebol/contracts';
import type pg from 'pg';
import type { InstalledTopic, Topics } from './topics.ts';

/** Rows of one delete, and positions looked at by one step of compaction: a few milliseconds of lock time and WAL in one piece. */
const PRUNE_ROWS_MAX = 5_000;
/**
 * How much longer than its topic's days (or, compacted, than its replacement) a message waits for a group that has not had it. After that it goes: the disk must
 * not fill for a group nobody runs.
 */
export const SLOW_GROUP_DAYS_MAX = 14;
/** Pause between runs of `maintenance`. */
const MAINTENANCE_PAUSE_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface PruneResult {
  /** Messages deleted because of their age. */
  readonly expired: number;
  /** Messages deleted because a newer one of their key exists. */
  readonly compacted: number;
}

interface Bounds { position: string; compacted_through: string; floor: string }

/** Applies retention. */
export class Pruner {
  readonly #pool: pg.Pool;
  readonly #schema: string;
  readonly #topics: Topics;

  constructor(pool: pg.Pool, schema: string, topics: Topics) {
    this.#pool = pool;
    this.#schema = schema;
    this.#topics = topics;
  }

  async prune(now: number): Promise<PruneResult> {
    let expired = 0;
    let compacted = 0;
    for (const topic of this.#topics.all()) {
      for (let partition = 0; partition < topic.partitions; partition++) {
        const bounds = await this.#bounds(topic, partition);
        if (topic.retention === 'compacted') {
          compacted += await this.#compact(topic, partition, { bounds, cutoff: now - SLOW_GROUP_DAYS_MAX * DAY_MS });
        } else {
          expired += await this.#expire(topic, partition, { bounds, cutoff: now - topic.retention.days * DAY_MS });
        }
      }
    }
    return { expired, compacted };
  }

  /** Head, and the floor: up to where every group has come (the head when there is no group). */
  async #bounds(topic: InstalledTopic, partition: number): Promise<Bounds> {
    const result = await this.#pool.query<Bounds>(
      `select h.position, h.compacted_through, coalesce(min(o.position), h.position) as floor
       from ${this.#schema}.head h left join ${this.#schema}.group_offset o using (topic_id, partition)
       where h.topic_id = $1 and h.partition = $2 group by h.topic_id, h.partition`, [topic.id, partition]);
    return result.rows[0] ?? { position: '0', compacted_through: '0', floor: '0' };
  }

  /** From the front of the log, as long as messages are old: order of publishing, not of happening, is what counts. */
  async #expire(topic: InstalledTopic, partition: number, { bounds, cutoff }: { bounds: Bounds; cutoff: number }): Promise<number> {
    let total = 0;
    for (;;) {
      const result = await this.#pool.query(
        `with front as (
           select position, published_at < $4 and (position <= $5 or published_at < $6) as due from ${this.#schema}.message
           where topic_id = $1 and partition = $2 order by position limit $3)
         delete from ${this.#schema}.message where topic_id = $1 and partition = $2
           and position <= (select coalesce(min(position) filter (where not due) - 1, max(position)) from front)`,
        [topic.id, partition, PRUNE_ROWS_MAX, new Date(cutoff), bounds.floor, new Date(cutoff - SLOW_GROUP_DAYS_MAX * DAY_MS)]);
      const deleted = result.rowCount ?? 0;
      total += deleted;
      if (deleted < PRUNE_ROWS_MAX) return total;
    }
  }

  /**
   * Goes once over what came since the last run and deletes what it replaces. It stops at the first message that a group has
   * still to get and that is younger than the limit.
   */
  async #compact(topic: InstalledTopic, partition: number, { bounds, cutoff }: { bounds: Bounds; cutoff: number }): Promise<number> {
    let total = 0;
    let from = BigInt(bounds.compacted_through);
    const head = BigInt(bounds.position);
    while (from < head) {
      const to = from + BigInt(PRUNE_ROWS_MAX) < head ? from + BigInt(PRUNE_ROWS_MAX) : head;
      const result = await this.#pool.query<{ deleted: number; through: string }>(
        `with range as (
           select position, key, position <= $5 or published_at < $6 as due from ${this.#schema}.message
           where topic_id = $1 and partition = $2 and position > $3 and position <= $4),
         bound as (select coalesce(min(position) filter (where not due) - 1, $4) as through from range),
         newest as (select key, max(position) as position from range, bound where position <= through group by key),
         gone as (
           delete from ${this.#schema}.message m using newest n
           where m.compacted and m.topic_id = $1 and m.partition = $2 and m.key = n.key and m.position < n.position returning 1),
         marked as (update ${this.#schema}.head set compacted_through = through from bound where topic_id = $1 and partition = $2)
         select (select count(*)::int4 from gone) as deleted, through from bound`,
        [topic.id, partition, from, to, bounds.floor, new Date(cutoff)]);
      const { deleted = 0, through = '0' } = result.rows[0] ?? {};
      total += deleted;
      from = BigInt(through);
      if (from < to) return total;
    }
    return total;
  }
}

/** Runs `prune` every hour. */
export class Maintenance {
  readonly #prune: (now: number) => Promise<PruneResult>;
  readonly #clock: Clock;
  #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #lastError: unknown;

  constructor(prune: (now: number) => Promise<PruneResult>, clock: Clock) {
    this.#prune = prune;
    this.#clock = clock;
  }

  /** Why the last run failed; undefined when it worked. */
  get lastError(): unknown {
    return this.#lastError;
  }

  start(): void {
    this.#stopping = new AbortController();
    this.#loop ??= this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    this.#loop = undefined;
  }

  /** One run, now. A failure is kept for `lastError`, not thrown: the next run makes up for it. */
  async runOnce(): Promise<void> {
    try {
      await this.#prune(this.#clock.now());
      this.#lastError = undefined;
    } catch (error) {
      this.#lastError = error;
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.runOnce();
      await this.#clock.sleep(MAINTENANCE_PAUSE_MS, signal);
    }
  }
}
