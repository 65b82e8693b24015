import type { EventStore, Lane, NewEvent } from '@trebol/event-store';
import { decodeEvent, encodeEvent } from '../codec/event-codec.ts';
import { encodeWallet } from '../codec/wallet-codec.ts';
import { eventIdOf } from '../identity.ts';
import { appendPlans } from '../shell/append-plans.ts';
import { evolve } from '../wallet/evolve.ts';
import { emptyWallet, type Wallet } from '../wallet/state.ts';
import { walletStream, type WalletId } from '../wallet-id.ts';
import { openingOf, streamRevision } from './carry-over.ts';
import type { BooksClosed, BooksEvent } from './events-of-books.ts';

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
  const event = openingOf(await closingIn(store, opening));
  const wallet = evolve(emptyWallet(), event);
  const append = {
    stream: walletStream(opening.wallet, event.period), expectedRevision: 'noStream' as const,
    events: [storedBooks(event, opening.wallet)], snapshot: encodeWallet(wallet),
  };
  const [outcome] = await appendPlans(store, [append], opening.lane);
  if (outcome === undefined || outcome.status === 'unknown') throw new BooksNotOpened(append.stream, { cause: outcome?.cause });
  return wallet;
}

/** Reads the event that closed a stream: its last one. */
async function closingIn(
  store: EventStore, { wallet, closed }: { readonly wallet: WalletId; readonly closed: Wallet },
): Promise<BooksClosed> {
  const stream = walletStream(wallet, closed.period);
  for await (const recorded of store.readStream(stream, streamRevision(closed))) {
    const event = decodeEvent(recorded);
    if (event.type === 'BooksClosed') return event;
  }
  throw new Error(`${stream} is closed and has no BooksClosed at its end`);
}

/** An event of the books as it is stored: who asked for it is the closing itself, so that every process writes the same. */
export function storedBooks(event: BooksEvent, wallet: WalletId): NewEvent {
  const encoded = encodeEvent(event);
  const stream = walletStream(wallet, event.period);
  const from = event.type === 'BooksClosed' ? event.period : event.closed;
  return { id: eventIdOf({ stream, ...encoded }), ...encoded, metadata: JSON.stringify({ c: `books~${from}` }) };
}
