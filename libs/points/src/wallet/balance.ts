import type { LotView, WalletBalance } from '../ledger.ts';
import { settle } from './due.ts';
import { itemsOf } from './list-of.ts';
import { hasLapsed, isSpendable } from './spend-order.ts';
import type { Lot, Wallet } from './state.ts';

/** A lot as people see it, without the name of its source: the state knows sources by fingerprint only. */
export type LotFigures = Omit<LotView, 'source'> & {
  /** Revision of the event that brought the lot here: where its source can be read. */
  readonly recorded: number;
};

/**
 * What the wallet holds at an instant, as if everything that is due by then had been booked (G2, G12). For an instant before the
 * wallet's last event it is the wallet of today seen with the dates of that instant, not what was in it then.
 */
export function balanceAt(wallet: Wallet, at: number): WalletBalance {
  return figures(settledAt(wallet, at), at);
}

/** The lots of the wallet at an instant, in recorded order, closed ones of this period included. */
export function lotsOf(wallet: Wallet, at: number): readonly LotFigures[] {
  return settledAt(wallet, at).lots.map((lot) => ({
    lotId: lot.lotId, granted: lot.granted, remaining: lot.remaining, held: lot.held, state: stateOf(lot, at),
    availableFrom: lot.availableFrom, validThrough: lot.validThrough, recorded: lot.recorded,
  }));
}

/** The wallet with everything booked that is due by the instant; for reading only, nothing of it is recorded. */
export function settledAt(wallet: Wallet, at: number): Wallet {
  return settle(wallet, { until: at, recordedAt: at }).wallet;
}

/** Figures of a wallet that is settled up to the instant. */
export function figures(wallet: Wallet, at: number): WalletBalance {
  let available = 0;
  let pending = 0;
  let held = 0;
  const byDay = new DaySums();
  for (const lot of itemsOf(wallet.lots)) {
    if (lot.remaining === 0 && lot.held === 0) continue;
    held += lot.held;
    const spendable = isSpendable(lot, at) ? lot.remaining : 0;
    available += spendable;
    if (lot.availableFrom > at && !hasLapsed(lot, at)) pending += lot.remaining;
    const lasting = spendable + lot.held;
    if (lot.validThrough !== null && lasting > 0) byDay.add(lot.validThrough, lasting);
  }
  return { available, pending, held, debt: wallet.debt, feeDue: wallet.feeDue, expiring: byDay.sorted() };
}

/** Points by last day. Lots follow each other in time, so most are of the day of the one before: these are added up without a look-up. */
class DaySums {
  private readonly sums = new Map<string, number>();
  private day = '';
  private points = 0;

  add(day: string, points: number): void {
    if (day !== this.day) this.next(day);
    this.points += points;
  }

  sorted(): { validThrough: string; points: number }[] {
    this.next('');
    return [...this.sums].map(([validThrough, points]) => ({ validThrough, points }))
      .toSorted((a, b) => (a.validThrough < b.validThrough ? -1 : 1));
  }

  private next(day: string): void {
    if (this.points > 0) this.sums.set(this.day, (this.sums.get(this.day) ?? 0) + this.points);
    this.day = day;
    this.points = 0;
  }
}

/** Of a settled wallet: what has lapsed and is still there is pinned by a hold. */
function stateOf(lot: Lot, at: number): LotView['state'] {
  if (lot.remaining === 0 && lot.held === 0) return lot.expired > 0 ? 'expired' : 'closed';
  return lot.availableFrom > at ? 'pending' : 'available';
}
