import type { WalletEvent } from '../events.ts';
import { evolve } from './evolve.ts';
import { earliestHoldDue, earliestLotDue } from './facts.ts';
import { hasLapsed, inSpendOrder, payOwed } from './spend-order.ts';
import { lotById, openHolds, type Lot, type OpenHold, type Wallet } from './state.ts';

/**
 * What time alone does to a wallet: holds lapse, pending lots become available (and pay debt), lots expire. It happens at known instants,
 * so every decision and every reading first brings the wallet up to its instant with `settle`; whether a job has written these events
 * yet makes no difference (G2). They are taken in the order of their instants, and at one instant in the order of G10:
 * lapse, activate, expire.
 */
type Due =
  | { readonly kind: 'lapse'; readonly at: number; readonly hold: OpenHold }
  | { readonly kind: 'activate'; readonly at: number; readonly lot: Lot }
  | { readonly kind: 'expire'; readonly at: number; readonly lot: Lot; readonly expiresAt: number };

const G10_RANK = { lapse: 0, activate: 1, expire: 2 } as const;

export interface Settled {
  readonly wallet: Wallet;
  readonly events: readonly WalletEvent[];
}

export interface SettleUntil {
  /** Everything due at or before this instant is booked. */
  readonly until: number;
  /** The instant of the decision that books it. */
  readonly recordedAt: number;
  /** Nothing is said to have happened before this instant (points given back now cannot have expired yesterday); default: none. */
  readonly notBefore?: number;
}

/** The wallet with everything booked that fell due, and the events that book it. Settling twice is settling once, late is as early. */
export function settle(wallet: Wallet, { until, recordedAt, notBefore = 0 }: SettleUntil): Settled {
  const events: WalletEvent[] = [];
  let settled = wallet;
  let time = notBefore;
  while ((nextDueAt(settled) ?? Infinity) <= until) {
    for (const listed of dueBy(settled, until)) {
      const due = stillDue(settled, listed);
      if (due === undefined) continue;
      time = Math.max(time, due.at);
      const event = book(settled, due, { occurredAt: time, recordedAt });
      events.push(event);
      settled = evolve(settled, event);
      // Points that came back from a hold may be due by that: what is ahead is listed anew.
      if (due.kind === 'lapse') break;
    }
  }
  return { wallet: settled, events };
}

/** The earliest instant at which a hold lapses, a lot becomes available or a lot expires; null when nothing is ahead. */
export function nextDueAt(wallet: Wallet): number | null {
  const earliest = Math.min(earliestLotDue(wallet.lots), earliestHoldDue(wallet.spendings));
  return earliest === Infinity ? null : earliest;
}

/** The kinds of things due by the instant: what a job has to ask for. */
export function kindsDue(wallet: Wallet, until: number): ReadonlySet<Due['kind']> {
  const kinds = new Set<Due['kind']>();
  eachAhead(wallet, (due) => { if (due.at <= until) kinds.add(due.kind); });
  return kinds;
}

/** Open holds that lapse by the instant, soonest first. */
export function holdsDue(wallet: Wallet, until: number): readonly { readonly holdId: string; readonly expiresAt: number }[] {
  return openHolds(wallet).filter((hold) => hold.expiresAt <= until).map(({ holdId, expiresAt }) => ({ holdId, expiresAt }))
    .toSorted((a, b) => a.expiresAt - b.expiresAt);
}

/** Not a generator: a midnight asks this of every wallet twice. */
function eachAhead(wallet: Wallet, visit: (due: Due) => void): void {
  for (const hold of openHolds(wallet)) visit({ kind: 'lapse', at: hold.expiresAt, hold });
  for (const lot of wallet.lots) {
    if (lot.remaining === 0) continue;
    if (!lot.activated) visit({ kind: 'activate', at: lot.availableFrom, lot });
    if (lot.expiresAt !== null) visit({ kind: 'expire', at: lot.expiresAt, lot, expiresAt: lot.expiresAt });
  }
}

/** All that is due by the instant, in order. */
function dueBy(wallet: Wallet, until: number): readonly Due[] {
  const due: Due[] = [];
  eachAhead(wallet, (one) => { if (one.at <= until) due.push(one); });
  return due.toSorted(inOrderOfTime);
}

/** The same as it is now: what was booked before may have left the lot less, or nothing. No lot's booking touches another one. */
function stillDue(wallet: Wallet, due: Due): Due | undefined {
  if (due.kind === 'lapse') return due;
  const lot = lotById(wallet, due.lot.lotId);
  return lot === undefined || lot.remaining === 0 ? undefined : { ...due, lot };
}

function inOrderOfTime(a: Due, b: Due): number {
  const byTime = a.at - b.at || G10_RANK[a.kind] - G10_RANK[b.kind];
  if (byTime !== 0 || a.kind === 'lapse' || b.kind === 'lapse') return byTime;
  return inSpendOrder(a.lot, b.lot);
}

function book(wallet: Wallet, due: Due, when: { occurredAt: number; recordedAt: number }): WalletEvent {
  switch (due.kind) {
    case 'lapse': {
      const returned = due.hold.allocations;
      return { type: 'HoldReleased', ...when, holdId: due.hold.holdId, reason: 'lapsed', returned, ...payOwed(wallet, returned) };
    }
    case 'activate': {
      const { lotId, remaining } = due.lot;
      const freed = hasLapsed(due.lot, due.at) ? [] : [{ lotId, points: remaining }];
      return { type: 'PointsActivated', ...when, lotId, ...payOwed(wallet, freed) };
    }
    case 'expire': {
      const { lotId, remaining, expired } = due.lot;
      return { type: 'PointsExpired', ...when, lotId, points: remaining, expiresAt: due.expiresAt, expiredBefore: expired };
    }
  }
}
