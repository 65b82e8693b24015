import { hash } from 'node:crypto';

import type { NewEvent, Revision, StreamName } from '../port.ts';

/**
 * The canonical form of an event, UTF-8: stream, revision, id (lower case), type, schema version, recordedAt (decimal
 * milliseconds), data and metadata (empty when there is none), in this order, each followed by U+0000. No text of an event can hold
 * U+0000 (`validate-append.ts`), so no two events have the same form. Never to be changed: every hash in every log depends on it.
 */
export function canonicalForm(stream: StreamName, revision: Revision, event: NewEvent): string {
  return `${stream}\0${revision}\0${event.id.toLowerCase()}\0${event.type}\0${event.schemaVersion}\0${event.recordedAt}\0${
    event.data}\0${event.metadata ?? ''}\0`;
}

/** Events of one stream that follow its revision `expected`. */
export interface Chained {
  readonly stream: StreamName;
  readonly expected: Revision;
  readonly events: readonly NewEvent[];
}

/** SHA-256 of the canonical forms of all events of these entries, one after another. */
export function contentHash(entries: readonly Chained[]): Buffer {
  let forms = '';
  for (const { stream, expected, events } of entries) {
    let revision: Revision = expected;
    for (const event of events) {
      revision += 1;
      forms += canonicalForm(stream, revision, event);
    }
  }
  return hash('sha256', forms, 'buffer');
}

/** Where a segment stands: one append transaction of a lane. */
export interface SegmentPlace {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
  readonly tick: number;
}

/**
 * Hash of a segment: SHA-256 of the lane's previous hash, partition (int2), first and last position, tick (int8 each, big-endian) and the
 * SHA-256 of the canonical forms of its events in order of position. The function `seal` computes the same, under the head's lock.
 */
export function segmentHash(previous: Uint8Array, place: SegmentPlace, content: Uint8Array): Buffer {
  const header = Buffer.allocUnsafe(26);
  header.writeInt16BE(place.partition, 0);
  [place.first, place.last, place.tick].forEach((value, index) => header.writeBigInt64BE(BigInt(value), 2 + index * 8));
  return hash('sha256', Buffer.concat([previous, header, content]), 'buffer');
}

/** The hash before a lane's first segment: it fixes where the chain starts, so that the start cannot be moved over changed events. */
export function chainOrigin(partition: number, chainedFrom: number): Buffer {
  const from = Buffer.allocUnsafe(10);
  from.writeInt16BE(partition, 0);
  from.writeBigInt64BE(BigInt(chainedFrom), 2);
  return hash('sha256', Buffer.concat([Buffer.from('trebol event log, chain 1'), from]), 'buffer');
}
