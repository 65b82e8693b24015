import { hash } from 'node:crypto';
import type { RecordedEvent } from '@trebol/event-store';
import { decodeEvent } from '../codec/event-codec.ts';
import { verifyStream } from '../invariants.ts';
import { openingOf } from './carry-over.ts';
import type { BooksClosed } from './events-of-books.ts';
import { parseWalletStream } from '../wallet-id.ts';
import { storedBooks } from './open-books.ts';

/** SHA-256 over the ids of a stream's events, which are themselves made from all that is stored of them. */
export function hashOfStream(events: readonly Pick<RecordedEvent, 'id'>[]): string {
  return hash('sha256', events.map(({ id }) => id).join('\n'), 'hex');
}

/**
 * Checks all streams of one wallet, oldest first: each by itself, and that every closed one has the hash its last event says and is
 * continued by exactly the event that follows from it. The last one may be closed and not be continued yet. Answers what is wrong.
 */
export function verifyPeriods(streams: readonly (readonly RecordedEvent[])[]): readonly string[] {
  return streams.flatMap((events, index) => [...verifyStream(events).violations, ...ofContinuation(events, streams[index + 1])]);
}

function* ofContinuation(events: readonly RecordedEvent[], next: readonly RecordedEvent[] | undefined): Generator<string> {
  const last = events.at(-1);
  const closing = last === undefined ? undefined : decodeEvent(last);
  if (last === undefined || closing?.type !== 'BooksClosed') {
    if (next !== undefined) yield `${nameOf(events)}: goes on in ${nameOf(next)} and was not closed`;
    return;
  }
  if (hashOfStream(events.slice(0, -1)) !== closing.hash) yield `${last.stream}: its hash is not what its books say`;
  if (next !== undefined && next[0]?.id !== openingId(closing, last.stream)) {
    yield `${nameOf(next)}: does not begin with what ${last.stream} closed with`;
  }
}

const nameOf = (events: readonly RecordedEvent[]): string => events[0]?.stream ?? 'an empty stream';

function openingId(closing: BooksClosed, stream: string): string | undefined {
  const named = parseWalletStream(stream);
  return named === undefined ? undefined : storedBooks(openingOf(closing), named.wallet).id;
}
