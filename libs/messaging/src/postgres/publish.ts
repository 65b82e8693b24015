import type { Clock } from '@trebol/contracts';
import { binaryArray, copyRows, type ColumnType } from '@trebol/postgres-bulk';
import type pg from 'pg';
import { checkMessage } from '../limits.ts';
import { partitionOf } from '../partition-of.ts';
import type { OutgoingMessage } from '../port.ts';
import type { Topics } from './topics.ts';

/** Rows from which COPY is cheaper than `unnest` although it needs three more round trips. */
const COPY_ROWS_MIN = 200;
/** Most messages in one transaction: bounds how long the head rows stay locked. A longer publish is split. */
export const TRANSACTION_MESSAGES_MAX = 5_000;
/** Most bytes of values in one transaction, for the same reason and for memory. */
export const TRANSACTION_BYTES_MAX = 16 * 1_048_576;
/** Newest position of a partition after a publish. */
export interface HeadMove {
  readonly topicId: number;
  readonly partition: number;
  readonly position: bigint;
}

/** Messages of one partition, in order. */
interface PartitionRows {
  readonly topicId: number;
  readonly partition: number;
  readonly messages: OutgoingMessage[];
}

interface TakenRow { topic_id: number; partition: number; first: string; compacted: boolean }

const COLUMNS: readonly { name: string; type: ColumnType }[] = [
  { name: 'topic_id', type: 'int2' }, { name: 'partition', type: 'int2' }, { name: 'compacted', type: 'bool' },
  { name: 'position', type: 'int8' },
  { name: 'time', type: 'timestamptz' }, { name: 'published_at', type: 'timestamptz' }, { name: 'key', type: 'text' },
  { name: 'message_id', type: 'text' }, { name: 'type', type: 'text' }, { name: 'tenant', type: 'text' },
  { name: 'traceparent', type: 'text' }, { name: 'value', type: 'text' },
];

/** Cuts a publish into transactions of bounded size, after every message was checked. */
function transactions(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const result: OutgoingMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = checkMessage(message);
    const current = result.at(-1);
    if (current && current.length < TRANSACTION_MESSAGES_MAX && bytes + size <= TRANSACTION_BYTES_MAX) {
      current.push(message);
      bytes += size;
    } else {
      result.push([message]);
      bytes = size;
    }
  }
  return result;
}

/** Writes messages into the log, in one transaction up to the limits above. */
export class Publisher {
  readonly #pool: pg.Pool;
  readonly #schema: string;
  readonly #topics: Topics;
  readonly #clock: Clock;

  constructor({ pool, schema, topics, clock }: { pool: pg.Pool; schema: string; topics: Topics; clock: Clock }) {
    this.#pool = pool;
    this.#schema = schema;
    this.#topics = topics;
    this.#clock = clock;
  }

  /** `onCommitted` is told the new heads after each commit. */
  async publish(messages: readonly OutgoingMessage[], onCommitted: (moves: readonly HeadMove[]) => void): Promise<void> {
    for (const part of transactions(messages)) {
      const partitions = this.#byPartition(part);
      onCommitted(part.length < COPY_ROWS_MIN ? await this.#insert(partitions) : await this.#copy(partitions));
    }
  }

  /** In the order in which head rows are locked. */
  #byPartition(messages: readonly OutgoingMessage[]): readonly PartitionRows[] {
    const found = new Map<number, PartitionRows>();
    for (const message of messages) {
      const topic = this.#topics.get(message.topic);
      const partition = partitionOf(message.key, topic.partitions);
      const slot = topic.id * 65_536 + partition;
      const rows = found.get(slot);
      if (rows) rows.messages.push(message);
      else found.set(slot, { topicId: topic.id, partition, messages: [message] });
    }
    return [...found.entries()].sort(([a], [b]) => a - b).map(([, rows]) => rows);
  }

  #takeParameters(partitions: readonly PartitionRows[]): Buffer[] {
    return [
      binaryArray('int2', partitions.map((rows) => rows.topicId)),
      binaryArray('int2', partitions.map((rows) => rows.partition)),
      binaryArray('int8', partitions.map((rows) => rows.messages.length)),
    ];
  }

  #moves(partitions: readonly PartitionRows[], taken: readonly TakenRow[]): HeadMove[] {
    return taken.map((row, index) => ({
      topicId: row.topic_id, partition: row.partition, position: BigInt(row.first) + BigInt(partitions[index]?.messages.length ?? 0) - 1n,
    }));
  }

  /** One statement, one round trip, one commit. */
  async #insert(partitions: readonly PartitionRows[]): Promise<HeadMove[]> {
    const slots = partitions.flatMap((rows, index) => rows.messages.map((_, ordinal) => ({ slot: index + 1, ordinal })));
    const messages = partitions.flatMap((rows) => rows.messages);
    const result = await this.#pool.query<TakenRow>({
      name: 'bus-insert',
      text: `with taken as materialized (select * from ${this.#schema}.take_positions($1::int2[], $2::int2[], $3::int8[]) with ordinality),
        written as (
          insert into ${this.#schema}.message
            (topic_id, partition, compacted, position, time, published_at, key, message_id, type, tenant, traceparent, value)
          select t.topic_id, t.partition, t.compacted, t.first + m.ordinal, m.time, $6, m.key, m.id, m.type, m.tenant,
            m.traceparent, m.value
          from unnest($4::int4[], $5::int4[], $7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
            as m(slot, ordinal, time, key, id, type, tenant, traceparent, value)
          join taken t on t.ordinality = m.slot)
        select topic_id, partition, first, compacted from taken order by ordinality`,
      values: [
        ...this.#takeParameters(partitions),
        binaryArray('int4', slots.map((row) => row.slot)),
        binaryArray('int4', slots.map((row) => row.ordinal)),
        new Date(this.#clock.now()),
        binaryArray('timestamptz', messages.map((message) => message.time)),
        ...(['key', 'id'] as const).map((column) => binaryArray('text', messages.map((message) => message[column]))),
        binaryArray('text', messages.map(storedType)),
        binaryArray('text', messages.map((message) => message.tenant)),
        binaryArray('text', messages.map((message) => message.traceparent ?? null)),
        binaryArray('text', messages.map((message) => message.value)),
      ],
    });
    return this.#moves(partitions, result.rows);
  }

  async #copy(partitions: readonly PartitionRows[]): Promise<HeadMove[]> {
    const client = await this.#pool.connect();
    let failure: Error | undefined;
    try {
      await client.query('begin');
      const taken = await client.query<TakenRow>(
        `select * from ${this.#schema}.take_positions($1::int2[], $2::int2[], $3::int8[])`, this.#takeParameters(partitions));
      const publishedAt = this.#clock.now();
      const rows = partitions.flatMap((part, index) => {
        const { first = '0', compacted = false } = taken.rows[index] ?? {};
        return part.messages.map((message, ordinal) => [
          part.topicId, part.partition, compacted, BigInt(first) + BigInt(ordinal), message.time, publishedAt, message.key, message.id,
          storedType(message), message.tenant, message.traceparent ?? null, message.value,
        ]);
      });
      await copyRows(client, { table: `${this.#schema}.message`, columns: COLUMNS }, rows);
      await client.query('commit');
      return this.#moves(partitions, taken.rows);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      // A connection that failed in the middle of a transaction is not used again: closing it rolls back.
      client.release(failure);
    }
  }
}

const storedType = ({ type, topic }: OutgoingMessage): string | null => (type === undefined || type === topic ? null : type);
