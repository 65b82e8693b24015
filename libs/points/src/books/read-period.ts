import type { EventStore, RecordedEvent, StreamName } from '@trebol/event-store';
import { decodeEvent } from '../codec/event-codec.ts';
import { applyRecorded } from '../fold.ts';
import { CONFIRM_CONCURRENCY } from '../limits.ts';
import { emptyWallet, type Wallet } from '../wallet/state.ts';
import { hashOfStream } from './verify-books.ts';

/** What closing needs from a stream beside its fold. */
export interface PeriodRead {
  readonly folded: Wallet;
  readonly hash: string;
  /** When each effect happened, by the number of its event. */
  readonly occurredAt: ReadonlyMap<number, number>;
}

/** What closing needs of these streams, in their order. */
export async function readPeriods(store: EventStore, streams: readonly StreamName[]): Promise<PeriodRead[]> {
  const found = await readManyStreams(store, streams);
  return streams.map((stream) => periodRead(found.get(stream) ?? []));
}

/** Reads these streams whole: with one query where the store can (`EventStore.readStreams`), else a few at a time. */
export async function readManyStreams(
  store: EventStore, streams: readonly StreamName[],
): Promise<ReadonlyMap<StreamName, readonly RecordedEvent[]>> {
  if (store.readStreams !== undefined) return store.readStreams(streams);
  const found = new Map<StreamName, readonly RecordedEvent[]>();
  for (let from = 0; from < streams.length; from += CONFIRM_CONCURRENCY) {
    const some = streams.slice(from, from + CONFIRM_CONCURRENCY);
    const read = await Promise.all(some.map(async (stream) => Array.fromAsync(store.readStream(stream))));
    some.forEach((stream, index) => { found.set(stream, read[index] ?? []); });
  }
  return found;
}

function periodRead(events: readonly RecordedEvent[]): PeriodRead {
  let folded = emptyWallet();
  const occurredAt = new Map<number, number>();
  for (const recorded of events) {
    const event = decodeEvent(recorded);
    folded = applyRecorded(folded, recorded);
    occurredAt.set(folded.revision, event.occurredAt);
    if (event.type === 'BooksOpened') {
      folded.seen.slice().forEach((effect, place) => { occurredAt.set(effect.revision, event.carried.occurredAt[place] ?? 0); });
    }
  }
  return { folded, hash: hashOfStream(events), occurredAt };
}
