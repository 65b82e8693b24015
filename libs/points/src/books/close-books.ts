import type { EventStore, StreamAppend, StreamName } from '@trebol/event-store';
import { encodeEvent } from '../codec/event-codec.ts';
import { encodeWallet } from '../codec/wallet-codec.ts';
import { APPEND_RETRIES_MAX, CLOSE_EVENTS_MAX, CLOSE_WALLETS_MAX, EVENT_CHARACTERS_PER_APPEND_MAX } from '../limits.ts';
import { appendPlans } from '../shell/append-plans.ts';
import type { WalletLoader } from '../shell/wallet-loader.ts';
import { evolve } from '../wallet/evolve.ts';
import type { Wallet } from '../wallet/state.ts';
import { walletStream, type WalletId } from '../wallet-id.ts';
import { closingOf, streamRevision } from './carry-over.ts';
import type { BooksClosed } from './events-of-books.ts';
import { type Closed, openingAppend, storedClosing } from './open-books.ts';
import { type PeriodRead, readPeriods } from './read-period.ts';

const MILLISECONDS_PER_DAY = 86_400_000;

/**
 * `closed`: now and by this call; `alreadyClosed`: before, also by somebody else; `empty`: there is no wallet, or it is closed for good;
 * `tooLarge`: what is open does not fit into one event, the wallet goes on in its period and is closed with a later one.
 */
export type ClosingOutcome = 'closed' | 'alreadyClosed' | 'empty' | 'tooLarge' | 'unknown' | 'contended';

export interface ClosingParts {
  readonly store: EventStore;
  readonly loader: WalletLoader;
  readonly now: () => number;
  /** Days for which effects of a closed period stay in the wallet's memory. */
  readonly windowDaysOf: (wallet: WalletId) => number;
}

/** A wallet whose books are to be closed, by the name of its first stream. */
interface Work {
  readonly stream: StreamName;
  readonly wallet: WalletId;
  outcome?: ClosingOutcome;
}

interface Open { readonly work: Work; readonly wallet: Wallet }

/**
 * Closes the books of many wallets up to and including a period, in bounded rounds; outcomes in the order of the wallets. A round costs
 * two reads and two appends for all its wallets (and, where the store cannot read many streams at once, a read for each). What came out
 * as `unknown` or `contended` is done by calling again: closing twice closes once.
 */
export async function closeManyBooks(
  parts: ClosingParts, wallets: readonly WalletId[], period: number,
): Promise<readonly ClosingOutcome[]> {
  if (!Number.isSafeInteger(period) || period < 1) throw new RangeError(`No such period: ${period}`);
  const works = new Map(wallets.map((wallet): [StreamName, Work] => [walletStream(wallet), { stream: walletStream(wallet), wallet }]));
  const all = [...works.values()];
  for (let from = 0; from < all.length; from += CLOSE_WALLETS_MAX) {
    const some = all.slice(from, from + CLOSE_WALLETS_MAX);
    for (let attempt = 0; attempt <= APPEND_RETRIES_MAX; attempt += 1) {
      await closeRound(parts, some.filter(({ outcome }) => outcome === undefined), period);
    }
  }
  return wallets.map((wallet) => works.get(walletStream(wallet))?.outcome ?? 'contended');
}

/** Gives an outcome to each wallet nobody else wrote to meanwhile. */
async function closeRound(parts: ClosingParts, works: readonly Work[], period: number): Promise<void> {
  if (works.length === 0) return;
  for (const { stream } of works) parts.loader.forget(stream); // never decided on memory
  const loaded = await parts.loader.load(works, 'bulk');
  const open: Open[] = [];
  for (const work of works) {
    const wallet = await loaded.get(work.stream)?.unpack();
    if (wallet === undefined || wallet.revision === 0 || wallet.closed) work.outcome = 'empty';
    else if (wallet.period > period) work.outcome = 'alreadyClosed';
    else open.push({ work, wallet });
  }
  for (const group of groupsOf(open)) await closeGroup(parts, group, period);
}

/** In order, each with at most so many events, or of one wallet. */
function groupsOf(open: readonly Open[]): Open[][] {
  const groups: Open[][] = [];
  let room = 0;
  for (const one of open) {
    const events = streamRevision(one.wallet);
    if (events > room) {
      groups.push([]);
      room = CLOSE_EVENTS_MAX;
    }
    groups.at(-1)?.push(one);
    room -= events;
  }
  return groups;
}

async function closeGroup(parts: ClosingParts, group: readonly Open[], period: number): Promise<void> {
  const reads = await readPeriods(parts.store, group.map(({ work, wallet }) => walletStream(work.wallet, wallet.period)));
  const closings: { work: Work; closed: Closed; append: StreamAppend }[] = [];
  group.forEach(({ work, wallet }, index) => {
    const read = reads[index];
    // Longer than it was: somebody is writing, look again.
    if (read === undefined || read.folded.revision !== wallet.revision) return;
    const windowDays = parts.windowDaysOf(work.wallet);
    const event = closingThatFits(read, { next: period + 1, windowDays, now: Math.max(parts.now(), wallet.recordedAt) });
    if (event === undefined) {
      work.outcome = 'tooLarge';
      return;
    }
    const closed = { event, stored: storedClosing(event, work.wallet) };
    closings.push({ work, closed, append: closingAppend(work.wallet, read.folded, closed) });
  });
  const outcomes = await appendPlans(parts.store, closings.map(({ append }) => append), 'bulk');
  for (const { work } of group) parts.loader.forget(work.stream);
  const closed = closings.filter(({ work }, index) => {
    const status = outcomes[index]?.status;
    if (status === 'unknown' || status === undefined) work.outcome = 'unknown';
    return status === 'appended';
  });
  await openNext(parts, closed);
}

/** Opens the next periods. One that is further on already was opened by whoever loaded the wallet meanwhile. */
async function openNext({ store }: ClosingParts, all: readonly { readonly work: Work; readonly closed: Closed }[]): Promise<void> {
  const outcomes = await appendPlans(store, all.map(({ work, closed }) => openingAppend(closed, work.wallet).append), 'bulk');
  all.forEach(({ work }, index) => {
    const status = outcomes[index]?.status ?? 'unknown';
    work.outcome = status === 'unknown' ? 'unknown' : 'closed';
  });
}

function closingAppend(id: WalletId, folded: Wallet, { event, stored }: Closed): StreamAppend {
  return {
    stream: walletStream(id, folded.period), expectedRevision: streamRevision(folded), events: [stored],
    snapshot: encodeWallet(evolve(folded, event)),
  };
}

/**
 * Remembers the return window; a wallet so busy that this does not fit into one event remembers half of it, a quarter, and so on down to what
 * is open. Undefined where not even that fits: thousands of transfers under way, which settle within weeks.
 */
function closingThatFits(
  { folded, hash, occurredAt }: PeriodRead, { next, windowDays, now }: { next: number; windowDays: number; now: number },
): BooksClosed | undefined {
  const closing = { now, next, hash, occurredAt: (effect: { revision: number }) => occurredAt.get(effect.revision) ?? 0 };
  for (let days = windowDays; ; days = Math.floor(days / 2)) {
    const event = closingOf(folded, { ...closing, rememberFrom: days === 0 ? now + 1 : now - days * MILLISECONDS_PER_DAY });
    if (encodeEvent(event).data.length <= EVENT_CHARACTERS_PER_APPEND_MAX) return event;
    if (days === 0) return undefined;
  }
}
