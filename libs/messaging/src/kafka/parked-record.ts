import type { DeadLetterId } from '../dead-letters.ts';
import { murmur2 } from '../partition-of.ts';
import { headerText, RECORD_OVERHEAD_BYTES, type OutgoingRecord, type RawRecord } from './records.ts';

/**
 * What lies in a dead-letter topic, in the partition of the same number as the message came from:
 * - `<offset>`: a parked message, its value and headers as they came and `dlq_*` headers beside them; null when it has passed
 * - `replay/<offset>`: somebody asked to replay that failed message; null when it is done
 */
export type ParkedRecord =
  | { readonly kind: 'parked'; readonly offset: bigint; readonly parked: Parked }
  | { readonly kind: 'passed'; readonly offset: bigint }
  | { readonly kind: 'asked'; readonly offset: bigint }
  | { readonly kind: 'answered'; readonly offset: bigint };

/** A failure as it is kept. */
export interface Failed {
  readonly code: string;
  readonly detail: string;
  readonly attempts: number;
  /** Milliseconds. */
  readonly failedAt: number;
}

/** A message on the shelf, without its value. */
export interface Parked {
  readonly key: string;
  /** Offset of its record in the dead-letter topic; -1 when the broker did not say. */
  readonly at: bigint;
  /** Absent for a message that waits behind a failed one. */
  readonly failed: Failed | undefined;
}

const REPLAY = 'replay/';

/** Reads a record of a dead-letter topic; undefined for what is none of ours. */
export function readParked(record: RawRecord): ParkedRecord | undefined {
  const found = /^(replay\/)?(\d{1,19})$/.exec(record.key?.toString('utf8') ?? '');
  if (!found) return undefined;
  const offset = BigInt(found[2] ?? 0);
  if (found[1] === REPLAY) return { kind: record.value === null ? 'answered' : 'asked', offset };
  if (record.value === null) return { kind: 'passed', offset };
  const key = headerText(record.headers, 'dlq_key') ?? '';
  return { kind: 'parked', offset, parked: { key, at: BigInt(record.offset), failed: failedOf(record) } };
}

function failedOf({ headers }: RawRecord): Failed | undefined {
  const code = headerText(headers, 'dlq_code');
  if (code === undefined) return undefined;
  return {
    code, detail: headerText(headers, 'dlq_detail') ?? '', attempts: Number(headerText(headers, 'dlq_attempts') ?? 1),
    failedAt: Number(headerText(headers, 'dlq_failed_at') ?? 0),
  };
}

/** The original as it was before it was parked: without our headers, and with no key where it had none. */
export function originalOf(record: RawRecord): RawRecord {
  const headers = Object.fromEntries(Object.entries(record.headers ?? {}).filter(([name]) => !name.startsWith('dlq_')));
  const key = headerText(record.headers, 'dlq_keyless') === undefined ? Buffer.from(headerText(record.headers, 'dlq_key') ?? '') : null;
  return { ...record, key, headers };
}

/** Where records of one partition are parked. */
export interface Slot {
  readonly queue: string;
  readonly topic: string;
  readonly partition: number;
}

/** The record that parks a message, failed or waiting. */
export function parkedRecord(slot: Slot, original: RawRecord, { key, failed }: Omit<Parked, 'at'>): OutgoingRecord {
  const value = original.value ?? Buffer.alloc(0);
  return {
    topic: slot.queue, partition: slot.partition, key: original.offset, value, timestamp: original.timestamp,
    bytes: value.length + 2 * key.length + 2 * RECORD_OVERHEAD_BYTES,
    headers: {
      ...original.headers, dlq_topic: slot.topic, dlq_partition: String(slot.partition), dlq_offset: original.offset, dlq_key: key,
      ...(original.key === null ? { dlq_keyless: '1' } : {}),
      ...(failed ? {
        dlq_code: failed.code, dlq_detail: failed.detail, dlq_attempts: String(failed.attempts), dlq_failed_at: String(failed.failedAt),
      } : {}),
    },
  };
}

const bare = ({ queue, partition }: Slot, key: string, value: string | null): OutgoingRecord =>
  ({ topic: queue, partition, key, value, headers: {}, bytes: RECORD_OVERHEAD_BYTES });

export const passedRecord = (slot: Slot, offset: bigint): OutgoingRecord => bare(slot, String(offset), null);
export const askedRecord = (slot: Slot, offset: bigint): OutgoingRecord => bare(slot, `${REPLAY}${offset}`, 'asked');
export const answeredRecord = (slot: Slot, offset: bigint): OutgoingRecord => bare(slot, `${REPLAY}${offset}`, null);

const PARTITION_BITS = 16n;
const TOPIC_BITS = 31n;

/** One number for offset, topic and partition: the same for every process and for every attempt. */
export function deadLetterId({ topic, partition }: Slot, offset: bigint): DeadLetterId {
  const topicHash = BigInt(murmur2(Buffer.from(topic)) & 0x7fff_ffff);
  return `${offset << (PARTITION_BITS + TOPIC_BITS) | topicHash << PARTITION_BITS | BigInt(partition)}` as DeadLetterId;
}
