import {
  APPEND_BYTES_MAX, APPEND_STREAMS_MAX, InvalidAppend, type NewEvent, type Revision, type StreamAppend, type StreamName,
} from './port.ts';

/** Longest stream name, in characters: it is the key of an index, and EventStoreDB has a like limit. */
export const STREAM_NAME_CHARS_MAX = 200;
/** Longest name of an event type, in characters. */
export const EVENT_TYPE_CHARS_MAX = 200;
/** Schema versions are kept in 16 bits. */
export const SCHEMA_VERSION_MAX = 32_767;
/** Events are recorded in the years 1 to 9999: what every calendar, text form and database agrees on. */
export const RECORDED_AT_MS_MIN = -62_135_596_800_000;
export const RECORDED_AT_MS_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Bytes that an event takes beside its texts, counted against `APPEND_BYTES_MAX`: EventStoreDB keeps the schema version and the instant as
 * JSON around the metadata, at most this long, and its own limit counts them.
 */
export const EVENT_FRAME_BYTES = 64;

const STREAM_NAME = /^[\x21-\x7e]+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The exact revision an entry expects: 0 is "does not exist". */
export function expectedOf(append: StreamAppend): Revision {
  return append.expectedRevision === 'noStream' ? 0 : append.expectedRevision;
}

/** Throws `InvalidAppend` for what no retry can mend; the same rules for every adapter. */
export function validateBatch(batch: readonly StreamAppend[]): void {
  if (batch.length > APPEND_STREAMS_MAX) {
    throw new InvalidAppend(`${batch.length} streams in one append, at most ${APPEND_STREAMS_MAX} are taken`);
  }
  const seen = new Set<StreamName>();
  batch.forEach((append, index) => {
    const fault = faultOfStream(append, seen) ?? faultOfEvents(append.events);
    if (fault !== undefined) throw new InvalidAppend(`entry ${index} (stream ${JSON.stringify(append.stream)}): ${fault}`);
    seen.add(append.stream);
  });
}

function faultOfStream(append: StreamAppend, seen: ReadonlySet<StreamName>): string | undefined {
  const { stream } = append;
  if (stream.length > STREAM_NAME_CHARS_MAX) return `the name is longer than ${STREAM_NAME_CHARS_MAX} characters`;
  if (!STREAM_NAME.test(stream)) return 'the name is empty or not printable ASCII';
  if (stream.startsWith('$')) return 'names that begin with $ belong to the server';
  if (seen.has(stream)) return 'the stream is named twice';
  if (!isCount(expectedOf(append))) return `the expected revision ${append.expectedRevision} is no whole number from 0 on`;
  const version = append.snapshot?.schemaVersion;
  if (version !== undefined && !isVersion(version)) return `the snapshot's schema version ${version} is not in 0..${SCHEMA_VERSION_MAX}`;
  return undefined;
}

function faultOfEvents(events: readonly NewEvent[]): string | undefined {
  let bytes = 0;
  for (const event of events) {
    const fault = faultOfEvent(event);
    if (fault !== undefined) return fault;
    bytes += bytesOf(event);
  }
  return bytes > APPEND_BYTES_MAX ? `${bytes} bytes of events, at most ${APPEND_BYTES_MAX} are taken` : undefined;
}

function faultOfEvent(event: NewEvent): string | undefined {
  if (!UUID.test(event.id)) return `the event id ${JSON.stringify(event.id)} is no UUID`;
  if (event.type === '' || event.type.length > EVENT_TYPE_CHARS_MAX) return 'an event type is empty or too long';
  if (!isVersion(event.schemaVersion)) return `the schema version ${event.schemaVersion} is not in 0..${SCHEMA_VERSION_MAX}`;
  if (!isInstant(event.recordedAt)) return `recordedAt ${event.recordedAt} is no millisecond of the years 1 to 9999`;
  const storable = isStorable(event.type) && isStorable(event.data) && isStorable(event.metadata ?? '');
  return storable ? undefined : 'a text holds U+0000 or half a surrogate pair';
}

/** Bytes that an event counts against `APPEND_BYTES_MAX`, as EventStoreDB would count it: two for each character of the type. */
export function bytesOf({ data, metadata = '', type }: NewEvent): number {
  return Buffer.byteLength(data) + Buffer.byteLength(metadata) + 2 * type.length + EVENT_FRAME_BYTES;
}

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < 2 ** 31;
const isVersion = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= SCHEMA_VERSION_MAX;
const isInstant = (value: number): boolean => Number.isInteger(value) && value >= RECORDED_AT_MS_MIN && value <= RECORDED_AT_MS_MAX;
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
