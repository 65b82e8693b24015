import { StoreOverloaded, type EventStore, type Lane, type NewEvent, type StreamAppend } from '@trebol/event-store';
import { decodeEvent, encodeEvent } from '../codec/event-codec.ts';
import { encodeWallet } from '../codec/wallet-codec.ts';
import { eventIdOf } from '../identity.ts';
import { appendPlans } from '../shell/append-plans.ts';
import { evolve } from '../wallet/evolve.ts';
import { emptyWallet, type Wallet } from '../wallet/state.ts';
import { walletStream, type WalletId } from '../wallet-id.ts';
import { openingOf, streamRevision } from './carry-over.ts';
import type { BooksClosed } from './events-of-books.ts';

/** The store did not say whether the next period is open. Nothing is lost: whoever loads the wallet next tries again. */
export class BooksNotOpened extends Error {
  override readonly name = 'BooksNotOpened';
}

/**
 * Opens the stream that `BooksClosed` names and answers the wallet as it begins. Safe to do twice and by two processes: the event follows
 * from the closed stream to the last byte, so both write the same one. Whoever finds the stream further on has found it open.
 */
export async function openBooks(
  store: EventStore, opening: { readonly wallet: WalletId; readonly closed: Wallet; readonly lane: Lane },
): Promise<Wallet> {
  const { wallet, append } = openingAppend(await closingIn(store, opening), opening.wallet);
  const [outcome] = await appendPlans(store, [append], opening.lane);
  if (outcome?.status === 'unknown' && outcome.cause instanceof StoreOverloaded) throw outcome.cause;
  if (outcome === undefined || outcome.status === 'unknown') throw new BooksNotOpened(append.stream, { cause: outcome?.cause });
  return wallet;
}

/** A closing, and the same as it is stored. */
export interface Closed {
  readonly event: BooksClosed;
  readonly stored: NewEvent;
}

/** What is stored of an event, but for its id and metadata. */
type Stored = Pick<NewEvent, 'type' | 'schemaVersion' | 'data' | 'recordedAt'>;

/** The append that opens the period which follows a closing, and the wallet as it begins there. */
export function openingAppend(closing: Closed, id: WalletId): { readonly wallet: Wallet; readonly append: StreamAppend } {
  const event = openingOf(closing.event);
  const wallet = evolve(emptyWallet(), event);
  const append = {
    stream: walletStream(id, event.period), expectedRevision: 'noStream' as const, events: [storedOpening(closing.stored, id)],
    snapshot: encodeWallet(wallet),
  };
  return { wallet, append };
}

/** Reads the event that closed a stream: its last one. */
async function closingIn(
  store: EventStore, { wallet, closed }: { readonly wallet: WalletId; readonly closed: Wallet },
): Promise<Closed> {
  const stream = walletStream(wallet, closed.period);
  for await (const recorded of store.readStream(stream, streamRevision(closed))) {
    const event = decodeEvent(recorded);
    if (event.type === 'BooksClosed') return { event, stored: recorded };
  }
  throw new Error(`${stream} is closed and has no BooksClosed at its end`);
}

/** A closing as it is stored: who asked for it is the closing itself, so that every process writes the same. */
export function storedClosing(event: BooksClosed, id: WalletId): NewEvent {
  return identified(encodeEvent(event), { stream: walletStream(id, event.period), closed: event.period });
}

/**
 * The opening that follows from a closing, made from its text and not from what this version reads in it: so it is the same to the last
 * byte in every version. Both events have one layout (`books-codec.ts`): occurredAt, own period, the other period, and what is carried.
 */
export function storedOpening({ schemaVersion, data, recordedAt }: Stored, id: WalletId): NewEvent {
  const [occurredAt, closed, next, ...carried] = JSON.parse(data) as [number, number, number, ...unknown[]];
  const opening = { type: 'BooksOpened', schemaVersion, data: JSON.stringify([occurredAt, next, closed, ...carried]), recordedAt };
  return identified(opening, { stream: walletStream(id, next), closed });
}

function identified(event: Stored, { stream, closed }: { readonly stream: string; readonly closed: number }): NewEvent {
  return { id: eventIdOf({ stream, ...event }), ...event, metadata: JSON.stringify({ c: `books~${closed}` }) };
}
