import { isUtf8 } from 'node:buffer';
import type { IHeaders } from 'kafkajs';
import type { IncomingMessage, MessageFailure, OutgoingMessage } from '../port.ts';

/** A record as Kafka delivers it. */
export interface RawRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers?: IHeaders | undefined;
}

/** A record on its way out, for a partition chosen by us. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  /** Null deletes the key from a compacted topic. */
  readonly value: string | Buffer | null;
  readonly headers: IHeaders;
  /** Milliseconds; topics of the catalogue take the broker's time instead. */
  readonly timestamp?: string | undefined;
  /** Room it takes in a request. */
  readonly bytes: number;
}

/** Headers, their lengths and the record's own fields, about. */
export const RECORD_OVERHEAD_BYTES = 400;

/** On the record that stands in for a batch that could not be unpacked: why. */
export const UNREADABLE_HEADER = 'trebol_unreadable';

/** Who publishes, and the name of the schema that the topic's values satisfy. */
export interface Origins {
  readonly source: string;
  readonly dataSchema?: string | undefined;
}

/** The CloudEvents 1.0 headers (binary mode) of a message; its subject is its key. */
export function headersOf(message: OutgoingMessage, { source, dataSchema }: Origins): IHeaders {
  return {
    ce_specversion: '1.0', ce_id: message.id, ce_type: message.type ?? message.topic, ce_source: source, ce_subject: message.key,
    ce_time: new Date(message.time).toISOString(), tenant: message.tenant, 'content-type': 'application/json',
    ...(dataSchema === undefined ? {} : { ce_dataschema: dataSchema }),
    ...(message.traceparent === undefined ? {} : { traceparent: message.traceparent }),
  };
}

/** Where a record was first: for one read back from a dead-letter topic that is not where it lies. */
export interface Origin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface ReadRecord {
  readonly message: IncomingMessage;
  /** Set when the record is no message of ours: it cannot be handed over. */
  readonly failure: MessageFailure | undefined;
}

function textOf(headers: IHeaders | undefined, name: string): string | undefined {
  const found = headers?.[name];
  const value = Array.isArray(found) ? found[0] : found;
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : value.toString('utf8');
}

function timeOf(record: RawRecord): number {
  const stated = textOf(record.headers, 'ce_time');
  return stated === undefined ? Number(record.timestamp) : Date.parse(stated);
}

function faultOf({ key, value, headers }: RawRecord, time: number): string | undefined {
  const unreadable = textOf(headers, UNREADABLE_HEADER);
  if (unreadable !== undefined) return unreadable;
  if (key === null) return 'the record has no key';
  if (textOf(headers, 'ce_id') === undefined) return 'header ce_id is missing';
  if (textOf(headers, 'tenant') === undefined) return 'header tenant is missing';
  if (!Number.isFinite(time)) return 'header ce_time is not a time';
  return isUtf8(key) && (value === null || isUtf8(value)) ? undefined : 'key or value is not UTF-8';
}

/** A batch that could not be unpacked is no text. */
const valueOf = ({ value, headers }: RawRecord): string =>
  (value === null || headers?.[UNREADABLE_HEADER] !== undefined ? '' : value.toString('utf8'));

/**
 * Reads a record as a message. What lacks a key, `ce_id` or `tenant`, is not UTF-8, or stands for a batch that could not be unpacked, comes
 * with a failure `unreadable`; without a key it gets one of its own, so that nothing waits behind it. A missing type is the topic, a missing time the record's.
 */
export function readRecord(record: RawRecord, origin: Origin): ReadRecord {
  const { headers } = record;
  const place = `${origin.topic}/${origin.partition}/${origin.offset}`;
  const time = timeOf(record);
  const fault = faultOf(record, time);
  const message: IncomingMessage = {
    topic: origin.topic, partition: origin.partition, offset: origin.offset,
    key: record.key?.toString('utf8') ?? place, id: textOf(headers, 'ce_id') ?? place, type: textOf(headers, 'ce_type') ?? origin.topic,
    tenant: textOf(headers, 'tenant') ?? '', time: Number.isFinite(time) ? time : Number(record.timestamp),
    value: valueOf(record), traceparent: textOf(headers, 'traceparent'),
    subject: textOf(headers, 'ce_subject'), dataSchema: textOf(headers, 'ce_dataschema'),
  };
  return { message, failure: fault === undefined ? undefined : { message, code: 'unreadable', detail: fault } };
}

export { textOf as headerText };
