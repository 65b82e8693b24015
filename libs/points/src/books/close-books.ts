import type { EventStore, RecordedEvent } from '@trebol/event-store';
import { applyRecorded } from '../fold.ts';
import { decodeEvent, encodeEvent } from '../codec/event-codec.ts';
import { encodeWallet } from '../codec/wallet-codec.ts';
import { APPEND_RETRIES_MAX, CONFIRM_CONCURRENCY, EVENT_CHARACTERS_PER_APPEND_MAX } from '../limits.ts';
import { appendPlans } from '../shell/append-plans.ts';
import type { WalletLoader } from '../shell/wallet-loader.ts';
import { evolve } from '../wallet/evolve.ts';
import { emptyWallet, type Wallet } from '../wallet/state.ts';
import { walletStream, type WalletId } from '../wallet-id.ts';
import { closingOf, streamRevision } from './carry-over.ts';
import type { BooksClosed } from './events-of-books.ts';
import { openBooks, storedBooks } from './open-books.ts';
import { hashOfStream } from './verify-books.ts';

const MILLISECONDS_PER_DAY = 86_400_000;

/** `closed`: now and by this call; `alreadyClosed`: before, also by somebody else; `empty`: there is no wallet, or it is closed for good. */
export type ClosingOutcome = 'closed' | 'alreadyClosed' | 'empty' | 'unknown' | 'contended';

export interface ClosingParts {
  readonly store: EventStore;
  readonly loader: WalletLoader;
  readonly now: () => number;
  /** Days for which effects of a closed period stay in the wallet's memory. */
  readonly windowDaysOf: (wallet: WalletId) => number;
}

/**
 * Closes the books of many wallets up to and including a period, a few at a time; outcomes in the order of the wallets. What came out
 * as `unknown` or `contended` is done by calling again: closing twice closes once.
 */
export async function closeManyBooks(
  parts: ClosingParts, wallets: readonly WalletId[], period: number,
): Promise<readonly ClosingOutcome[]> {
  if (!Number.isSafeInteger(period) || period < 1) throw new RangeError(`No such period: ${period}`);
  const outcomes: ClosingOutcome[] = [];
  for (let from = 0; from < wallets.length; from += CONFIRM_CONCURRENCY) {
    const some = wallets.slice(from, from + CONFIRM_CONCURRENCY);
    outcomes.push(...await Promise.all(some.map(async (wallet) => closeBooks(parts, wallet, period))));
  }
  return outcomes;
}

async function closeBooks(parts: ClosingParts, wallet: WalletId, period: number): Promise<ClosingOutcome> {
  for (let attempt = 0; attempt <= APPEND_RETRIES_MAX; attempt += 1) {
    const open = await parts.loader.loadFresh(wallet, 'bulk');
    if (open.revision === 0 || open.closed) return 'empty';
    if (open.period > period) return 'alreadyClosed';
    const stream = await readPeriod(parts.store, wallet, open);
    if (stream === undefined) continue;
    const outcome = await appendClosing(parts, wallet, { ...stream, next: period + 1, windowDays: parts.windowDaysOf(wallet) });
    if (outcome !== 'contended') return outcome;
  }
  return 'contended';
}

/** What closing needs from a stream beside its fold. */
interface PeriodRead {
  readonly folded: Wallet;
  readonly hash: string;
  /** When each effect happened, by the number of its event. */
  readonly occurredAt: ReadonlyMap<number, number>;
}

interface ClosingRead extends PeriodRead { readonly next: number; readonly windowDays: number }

/** Reads the open stream whole; undefined when it is longer than it was: somebody is writing, look again. */
async function readPeriod(store: EventStore, wallet: WalletId, open: Wallet): Promise<PeriodRead | undefined> {
  let folded = emptyWallet();
  const events: RecordedEvent[] = [];
  const occurredAt = new Map<number, number>();
  for await (const recorded of store.readStream(walletStream(wallet, open.period))) {
    const event = decodeEvent(recorded);
    folded = applyRecorded(folded, recorded);
    events.push(recorded);
    occurredAt.set(folded.revision, event.occurredAt);
    if (event.type === 'BooksOpened') {
      folded.seen.slice().forEach((effect, place) => { occurredAt.set(effect.revision, event.carried.occurredAt[place] ?? 0); });
    }
  }
  if (folded.revision !== open.revision) return undefined;
  return { folded, hash: hashOfStream(events), occurredAt };
}

async function appendClosing(
  { store, loader, now }: ClosingParts, wallet: WalletId, closing: ClosingRead,
): Promise<ClosingOutcome> {
  const { folded } = closing;
  const event = closingThatFits(closing, Math.max(now(), folded.recordedAt));
  const closed = evolve(folded, event);
  const append = {
    stream: walletStream(wallet, folded.period), expectedRevision: streamRevision(folded), events: [storedBooks(event, wallet)],
    snapshot: encodeWallet(closed),
  };
  const [outcome] = await appendPlans(store, [append], 'bulk');
  loader.forget(walletStream(wallet));
  if (outcome?.status === 'conflict') return 'contended';
  if (outcome?.status !== 'appended') return 'unknown';
  await openBooks(store, { wallet, closed, lane: 'bulk' });
  return 'closed';
}

/** Remembers the return window; a wallet so busy that this does not fit into one event remembers only what is open. */
function closingThatFits({ folded, hash: ofStream, next, occurredAt, windowDays }: ClosingRead, now: number): BooksClosed {
  const closing = { now, next, hash: ofStream, occurredAt: (effect: { revision: number }) => occurredAt.get(effect.revision) ?? 0 };
  const whole = closingOf(folded, { ...closing, rememberFrom: now - windowDays * MILLISECONDS_PER_DAY });
  if (encodeEvent(whole).data.length <= EVENT_CHARACTERS_PER_APPEND_MAX) return whole;
  return closingOf(folded, { ...closing, rememberFrom: now + 1 });
}
