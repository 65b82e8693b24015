import type pg from 'pg';
import { queueName, type DeadLetter, type DeadLetterId, type DeadLetters } from '../dead-letters.ts';
import type { Heads } from './heads.ts';

/** More than an operator reads; replaying all does not depend on it. */
const LIST_MAX = 1_000;

interface DeadLetterRow {
  id: DeadLetterId; topic: string; partition: number; position: string;
  time: Date; key: string; message_id: string; type: string | null; tenant: string; traceparent: string | null; value: string;
  code: string; detail: string | null; attempts: number; failed_at: Date; waiting: number; replay: boolean;
}

const deadLetterOf = (group: string, row: DeadLetterRow): DeadLetter => ({
  id: row.id,
  queue: queueName(row.topic, group),
  group,
  message: {
    topic: row.topic, partition: row.partition, offset: BigInt(row.position), key: row.key, id: row.message_id, type: row.type ?? row.topic,
    tenant: row.tenant, time: row.time.getTime(), value: row.value, traceparent: row.traceparent ?? undefined,
  },
  code: row.code,
  detail: row.detail ?? '',
  attempts: row.attempts,
  failedAt: row.failed_at.getTime(),
  waiting: row.waiting,
  replaying: row.replay,
});

/** Dead letters in PostgreSQL; a replay is asked for here and done by the consumer that holds the partition. */
export class PostgresDeadLetters implements DeadLetters {
  readonly #pool: pg.Pool;
  readonly #schema: string;
  readonly #heads: Heads;

  constructor(pool: pg.Pool, schema: string, heads: Heads) {
    this.#pool = pool;
    this.#schema = schema;
    this.#heads = heads;
  }

  async list(group: string): Promise<readonly DeadLetter[]> {
    const result = await this.#pool.query<DeadLetterRow>(
      `select d.*, t.name as topic, o.partition,
         (select count(*)::int4 from ${this.#schema}.dead_letter w
          where w.offset_id = d.offset_id and w.key = d.key and w.position > d.position) as waiting
       from ${this.#schema}.dead_letter d
       join ${this.#schema}.group_offset o on o.id = d.offset_id join ${this.#schema}.topic t on t.id = o.topic_id
       where o.group_name = $1 and d.code is not null order by d.id limit ${LIST_MAX}`, [group]);
    return result.rows.map((row) => deadLetterOf(group, row));
  }

  async replay(group: string, which: DeadLetterId | 'all'): Promise<number> {
    const result = await this.#pool.query(
      `update ${this.#schema}.dead_letter d set replay = true from ${this.#schema}.group_offset o
       where o.id = d.offset_id and o.group_name = $1 and d.code is not null and ($2::int8 is null or d.id = $2)`,
      [group, which === 'all' ? null : which]);
    await this.#heads.refresh();
    return result.rowCount ?? 0;
  }
}
