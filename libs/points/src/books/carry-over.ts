import type { Fingerprint } from '../identity.ts';
import { TRANSFER_BACK_DAYS_MAX } from '../limits.ts';
import { broughtBy } from '../wallet/brought.ts';
import { FIRST_PERIOD } from '../wallet-id.ts';
import type { Allocation } from '../events.ts';
import type { Books, Lot, SeenEffect, Spending, Wallet } from '../wallet/state.ts';
import type { BooksClosed, BooksOpened, CarriedOver } from './events-of-books.ts';

const MILLISECONDS_PER_DAY = 86_400_000;

export interface Closing {
  /** The instant of the closing. */
  readonly now: number;
  /** The period that goes on. */
  readonly next: number;
  /** Hash of the closed stream. */
  readonly hash: string;
  /**
   * Effects that happened at this instant or later are remembered, and what merges brought since; older ones only where something open needs
   * them.
   */
  readonly rememberFrom: number;
  /** When the effect at a place happened. */
  readonly occurredAt: (effect: SeenEffect) => number;
}

/** The event that closes the period the wallet is in. Pure. */
export function closingOf(wallet: Wallet, closing: Closing): BooksClosed {
  return {
    type: 'BooksClosed', occurredAt: closing.now, recordedAt: closing.now, period: wallet.period, next: closing.next, hash: closing.hash,
    carried: carryOver(wallet, closing),
  };
}

/** The event that opens the next period; the same for whoever makes it, to the last byte. */
export function openingOf({ occurredAt, recordedAt, period, next, hash, carried }: BooksClosed): BooksOpened {
  return { type: 'BooksOpened', occurredAt, recordedAt, period: next, closed: period, hash, carried };
}

/** The wallet of the closed stream: as it was, and closed. */
export function withBooksClosed(wallet: Wallet, event: BooksClosed): Wallet {
  return { ...wallet, books: { ...wallet.books ?? NO_BOOKS, closedTo: event.next } };
}

/** The wallet as the next period begins. Only an empty wallet can be opened so: the event is the first of its stream. */
export function withBooksOpened(empty: Wallet, event: BooksOpened): Wallet {
  const { wallet } = event.carried;
  if (empty.lots.length > 0 || empty.opened) throw new Error(`BooksOpened is not the first event of period ${event.period}`);
  return { ...wallet, revision: wallet.revision + 1 };
}

/** Events of the wallet in streams before that of its period; its own revision counts them too. */
export function eventsBefore(wallet: Wallet): number {
  return wallet.books?.before ?? 0;
}

/** Revision of the wallet's current stream. */
export function streamRevision(wallet: Wallet): number {
  return wallet.revision - eventsBefore(wallet);
}

/** Where an event of the wallet stands, by its number over all periods. */
export function placeOf(wallet: Wallet, number: number): { readonly period: number; readonly revision: number } {
  if (number > eventsBefore(wallet)) return { period: wallet.period, revision: number - eventsBefore(wallet) };
  const closed = wallet.books?.past.findLast((past) => past.before < number);
  return { period: closed?.period ?? FIRST_PERIOD, revision: number - (closed?.before ?? 0) };
}

const NO_BOOKS: Books = { before: 0, past: [], rememberedFrom: 0, carried: 0, hash: '', closedTo: null };

function carryOver(wallet: Wallet, closing: Closing): CarriedOver {
  const effects = wallet.seen.map((effect) => ({ effect, at: closing.occurredAt(effect) }));
  const brought = wallet.brought.filter(({ at }) => at >= closing.rememberFrom);
  const recent = new Set([...since(effects, closing.rememberFrom), ...broughtBy(brought)]);
  const sent = since(effects, closing.now - TRANSFER_BACK_DAYS_MAX * MILLISECONDS_PER_DAY);
  const spendings = wallet.spendings.filter((spending) => isUnsettled(spending, sent) || recent.has(spending.fingerprint));
  const needed = lotsOf(spendings);
  const lots = wallet.lots.filter((lot) => isOpen(lot) || recent.has(lot.source) || needed.has(lot.lotId));
  const kept = new Set<Fingerprint>([
    ...recent, ...spendings.map((spending) => spending.fingerprint), ...lots.map((lot) => lot.source),
    ...wallet.freezes.map((freeze) => freeze.fingerprint),
  ]);
  const remembered = effects.filter(({ effect }) => kept.has(effect.fingerprint));
  const before = wallet.revision + 1;
  const books: Books = {
    before, past: [...wallet.books?.past ?? [], { period: wallet.period, before: eventsBefore(wallet), closedAt: closing.now }],
    rememberedFrom: Math.max(closing.rememberFrom, wallet.books?.rememberedFrom ?? 0), carried: remembered.length, hash: closing.hash,
    closedTo: null,
  };
  return {
    wallet: {
      ...wallet, period: closing.next, revision: before, recordedAt: closing.now, lots, spendings,
      seen: remembered.map(({ effect }) => effect), brought, books,
    },
    occurredAt: remembered.map(({ at }) => at),
  };
}

/** Points are in it, or a return or a cancellation may still bring some. */
const isOpen = (lot: Lot): boolean => lot.remaining > 0 || lot.held > 0;

/** An open hold, or a transfer that may still come back; whether it arrived is not known here. */
const isUnsettled = ({ state, fingerprint }: Spending, sent: ReadonlySet<Fingerprint>): boolean =>
  state === 'open' || (state === 'sent' && sent.has(fingerprint));

/** The effects that happened at this instant or later. */
function since(effects: readonly { readonly effect: SeenEffect; readonly at: number }[], from: number): ReadonlySet<Fingerprint> {
  return new Set(effects.filter(({ at }) => at >= from).map(({ effect }) => effect.fingerprint));
}

function lotsOf(spendings: readonly Spending[]): ReadonlySet<string> {
  return new Set(spendings.flatMap(({ allocations }) => allocations.map((part: Allocation) => part.lotId)));
}
