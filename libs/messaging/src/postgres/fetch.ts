import { binaryArray } from '@trebol/postgres-bulk';
import type pg from 'pg';
import { BATCH_BYTES_MAX } from '../limits.ts';
import type { IncomingMessage } from '../port.ts';
import type { FetchedBatch } from '../runner/partition-source.ts';
import type { HeldClaim } from './claims.ts';
import type { Topics } from './topics.ts';

/** Most messages of one fetch, over all partitions it asks for. */
export const FETCH_MESSAGES_MAX = 6_000;
/**
 * Most bytes of values of one fetch; each partition gets an even part, and at least one message. A subscription holds about
 * twice this at most.
 */
export const FETCH_BYTES_MAX = 16 * 1_048_576;

/** A claim with messages up to `head` to be fetched. */
export interface Wanted {
  readonly claim: HeldClaim;
  readonly head: bigint;
}

/** `m` of both queries, in the order of `MessageRow` from the second column on. Times as milliseconds: no Date is made for each row, and a double is far cheaper than `numeric`. */
const MESSAGE_COLUMNS =
  `m.position, m.key, m.message_id, m.type, m.tenant, round(date_part('epoch', m.time) * 1000)::int8, m.traceparent, m.value`;
/** Bytes of values before this row. `octet_length` does not read values that are stored out of line. */
const BYTES_BEFORE =
  'coalesce(sum(octet_length(value)) over (order by position rows between unbounded preceding and 1 preceding), 0) as bytes_before';

type MessageRow = [
  slot: number, position: string, key: string, id: string, type: string | null, tenant: string, time: string,
  traceparent: string | null, value: string,
];

function messageOf(row: MessageRow, { topic, partition }: HeldClaim, dataSchema: string | undefined): IncomingMessage {
  const [, position, key, id, type, tenant, time, traceparent, value] = row;
  return {
    topic, partition, offset: BigInt(position), key, id, type: type ?? topic, tenant, time: Number(time), value,
    traceparent: traceparent ?? undefined, subject: key, dataSchema,
  };
}

function grouped(rows: readonly MessageRow[], claims: readonly HeldClaim[], topics: Topics): IncomingMessage[][] {
  const groups: IncomingMessage[][] = claims.map(() => []);
  const schemas = claims.map(({ topic }) => topics.get(topic).dataSchema);
  for (const row of rows) {
    const claim = claims[row[0]];
    if (claim) groups[row[0]]?.push(messageOf(row, claim, schemas[row[0]]));
  }
  // They come in order, but SQL promises none without a sort over all values.
  for (const group of groups) group.sort((a, b) => (a.offset < b.offset ? -1 : 1));
  return groups;
}

/** What is shared by the queries of one subscription. */
export interface FetchContext {
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly topics: Topics;
  readonly batchMax: number;
}

/**
 * Reads the next batch of every wanted claim in one query. A claim whose range turns out empty (pruned) gets a batch without messages, so
 * that its offset moves on.
 */
export async function fetchNew(context: FetchContext, wanted: readonly Wanted[]): Promise<FetchedBatch[]> {
  const claims = wanted.map(({ claim }) => claim);
  const take = Math.max(1, Math.min(context.batchMax, Math.floor(FETCH_MESSAGES_MAX / wanted.length)));
  const bytes = Math.min(BATCH_BYTES_MAX, Math.floor(FETCH_BYTES_MAX / wanted.length));
  const result = await context.pool.query<MessageRow>({
    name: 'bus-fetch',
    rowMode: 'array',
    text: `select w.slot, ${MESSAGE_COLUMNS}
      from unnest($1::int4[], $2::int2[], $3::int2[], $4::int8[]) as w(slot, topic_id, partition, after)
      cross join lateral (
        select page.*, ${BYTES_BEFORE} from (
          select * from ${context.schema}.message
          where topic_id = w.topic_id and partition = w.partition and position > w.after order by position limit $5) page) m
      where m.bytes_before < $6`,
    values: [
      binaryArray('int4', claims.map((_, slot) => slot)), binaryArray('int2', claims.map((claim) => claim.topicId)),
      binaryArray('int2', claims.map((claim) => claim.partition)), binaryArray('int8', claims.map((claim) => claim.fetched)), take, bytes,
    ],
  });
  const groups = grouped(result.rows, claims, context.topics);
  return wanted.map(({ claim, head }, slot): FetchedBatch => {
    const messages = groups[slot] ?? [];
    const through = messages.at(-1)?.offset ?? head;
    claim.fetched = through;
    return { claim, kind: 'new', messages, through };
  });
}

/** Reads, for every claim given, the first parked key that somebody asked to replay: the failed message and its followers, oldest first. */
export async function fetchReplays(context: FetchContext, claims: readonly HeldClaim[]): Promise<FetchedBatch[]> {
  const result = await context.pool.query<MessageRow>({
    rowMode: 'array',
    text: `select w.slot, ${MESSAGE_COLUMNS}
      from unnest($1::int4[], $2::int4[]) as w(slot, offset_id)
      cross join lateral (
        select key from ${context.schema}.dead_letter where offset_id = w.offset_id and replay order by position limit 1) asked
      cross join lateral (
        select page.*, ${BYTES_BEFORE} from (
          select * from ${context.schema}.dead_letter where offset_id = w.offset_id and key = asked.key order by position limit $3) page) m
      where m.bytes_before < $4`,
    values: [
      binaryArray('int4', claims.map((_, slot) => slot)), binaryArray('int4', claims.map((claim) => claim.offsetId)),
      context.batchMax, BATCH_BYTES_MAX,
    ],
  });
  const groups = grouped(result.rows, claims, context.topics);
  return claims.flatMap((claim, slot): FetchedBatch[] => {
    const messages = groups[slot] ?? [];
    return messages.length === 0 ? [] : [{ claim, kind: 'replay', messages, through: 0n }];
  });
}
