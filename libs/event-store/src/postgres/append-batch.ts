import { binaryArray, copyRows } from '@trebol/postgres-bulk';

import type { NewEvent, Revision, Snapshot, StreamAppend, StreamName } from '../port.ts';
import { bytesOf, expectedOf } from '../validate-append.ts';
import type { EventKinds } from './event-kinds.ts';
import { type MonthTables, monthTable } from './month-tables.ts';
import { contentHash } from './segment-hash.ts';

/** More events than this go by COPY: it costs round trips and wins per row (`ledger.md` §5). */
const UNNEST_EVENTS_MAX = 200;
/** More bytes than this go by COPY, which needs no more memory than a chunk on either side. */
const UNNEST_BYTES_MAX = 4_194_304;
/**
 * A larger snapshot is not kept: no row may grow without bound. Loading then folds a longer tail. Every append with a snapshot rewrites the
 * row, so whose snapshots are large gives them now and then only; an append without one leaves the older one where it is.
 */
export const SNAPSHOT_BYTES_MAX = 1_048_576;

/** An entry of an append that has events. `index` is its place in the caller's batch. */
export interface Entry {
  readonly index: number;
  readonly stream: StreamName;
  readonly expected: Revision;
  readonly events: readonly NewEvent[];
  readonly snapshot: Snapshot | undefined;
}

/** The batch's entries; `entries[i].index === i`. */
export function entriesOf(batch: readonly StreamAppend[]): Entry[] {
  return batch.map((append, index) => {
    const { snapshot } = append;
    const kept = snapshot !== undefined && snapshot.bytes.length <= SNAPSHOT_BYTES_MAX ? snapshot : undefined;
    return { index, stream: append.stream, expected: expectedOf(append), events: append.events, snapshot: kept };
  });
}

/** By name: all appends lock streams in one order, so that they wait for each other in line instead of in a circle. */
export function inLockOrder(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((left, right) => (left.stream < right.stream ? -1 : 1));
}

/** True when the batch is worth a COPY. */
export function isLarge(entries: readonly Entry[]): boolean {
  let events = 0;
  let bytes = 0;
  for (const entry of entries) {
    events += entry.events.length;
    if (events > UNNEST_EVENTS_MAX) return true;
    for (const event of entry.events) bytes += bytesOf(event);
    if (bytes > UNNEST_BYTES_MAX) return true;
  }
  return false;
}

/** Statement and parameters of the function `append`: guards and heads, and the events too unless they are copied. */
export function appendCall(schema: string, partition: number, entries: readonly Entry[]) {
  return {
    name: 'append',
    text: `SELECT a.stream_ids, a.last_position FROM ${schema}.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) AS a`,
    rowMode: 'array' as const,
    values: [partition, ...guardArrays(entries), contentHash(entries)] as unknown[],
  };
}

/** What `append` answered: the stream's id by place in the entries, null where the revision was not the expected one. */
export interface Taken {
  readonly streamIds: readonly (number | null)[];
  /** 0 when the segment is still to be sealed: some entries lost, and the events are to be copied. */
  readonly lastPosition: number;
}

export function takenFrom(row: readonly unknown[] | undefined): Taken {
  const [ids, lastPosition] = row ?? [];
  if (!Array.isArray(ids)) throw new TypeError('the function append answered no array of ids');
  return { streamIds: ids as (number | null)[], lastPosition: Number(lastPosition) };
}

/** The entries that `append` took. */
export function winners(entries: readonly Entry[], taken: Taken): Entry[] {
  return entries.filter((_, place) => taken.streamIds[place] !== null);
}

const eventsOf = (entries: readonly Entry[]): number => entries.reduce((sum, entry) => sum + entry.events.length, 0);

/** Statement that ends the guards of an append whose events are copied and of whose entries some lost. */
export function sealCall(schema: string, partition: number, won: readonly Entry[]) {
  return {
    name: 'seal', text: `SELECT ${schema}.seal($1, $2, $3)`, rowMode: 'array' as const, values: [partition, eventsOf(won), contentHash(won)] as unknown[],
  };
}

function guardArrays(entries: readonly Entry[]): Buffer[] {
  return [
    binaryArray('text', entries.map((entry) => entry.stream)),
    binaryArray('int4', entries.map((entry) => entry.expected)),
    binaryArray('int4', entries.map((entry) => entry.events.length)),
    binaryArray('bytea', entries.map((entry) => entry.snapshot?.bytes)),
    binaryArray('int2', entries.map((entry) => entry.snapshot?.schemaVersion)),
  ];
}

/** No events: they are copied afterwards. */
export const NO_EVENTS: readonly null[] = Array.from({ length: 7 }, () => null);

/** The events as arrays for `append`, all of all entries: the function leaves out those of entries that lost. */
export function eventArrays(entries: readonly Entry[], kinds: EventKinds): Buffer[] {
  const places: number[] = [];
  const revisions: number[] = [];
  const events: NewEvent[] = [];
  entries.forEach((entry, place) => {
    entry.events.forEach((event, offset) => {
      places.push(place + 1);
      revisions.push(entry.expected + 1 + offset);
      events.push(event);
    });
  });
  return [
    binaryArray('int4', places),
    binaryArray('int4', revisions),
    binaryArray('uuid', events.map((event) => event.id)),
    binaryArray('int2', events.map((event) => kinds.idOf(event))),
    binaryArray('timestamptz', events.map((event) => event.recordedAt)),
    binaryArray('text', events.map((event) => event.data)),
    binaryArray('text', events.map((event) => event.metadata)),
  ];
}

const COLUMNS = [
  { name: 'position', type: 'int8' }, { name: 'recorded_at', type: 'timestamptz' }, { name: 'event_id', type: 'uuid' },
  { name: 'stream_id', type: 'int4' }, { name: 'revision', type: 'int4' }, { name: 'partition', type: 'int2' },
  { name: 'kind_id', type: 'int2' }, { name: 'data', type: 'text' }, { name: 'metadata', type: 'text' },
] as const;

export interface CopyParts {
  readonly schema: string;
  readonly partition: number;
  readonly months: MonthTables;
  readonly kinds: EventKinds;
}

/** Copies the events of the entries that won into the tables of their months, in the order of the entries. */
export async function copyEvents(client: Parameters<typeof copyRows>[0], entries: readonly Entry[], parts: CopyParts & { taken: Taken }): Promise<void> {
  const { taken, months, kinds, partition } = parts;
  let position = taken.lastPosition - eventsOf(winners(entries, taken));
  const rows = new Map<number, unknown[][]>();
  entries.forEach((entry, place) => {
    const streamId = taken.streamIds[place];
    if (streamId === null) return;
    entry.events.forEach((event, offset) => {
      position += 1;
      const month = months.monthOf(event.recordedAt);
      const row = [
        position, event.recordedAt, event.id, streamId, entry.expected + 1 + offset, partition,
        kinds.idOf(event), event.data, event.metadata ?? '',
      ];
      const ofMonth = rows.get(month);
      if (ofMonth) ofMonth.push(row);
      else rows.set(month, [row]);
    });
  });
  for (const [month, ofMonth] of rows) {
    await copyRows(client, { table: `${parts.schema.replaceAll('"', '')}.${monthTable(partition, month)}`, columns: COLUMNS }, ofMonth);
  }
}
