import type { Allocation, Owed } from '../events.ts';
import type { Lot, Wallet } from './state.ts';

/**
 * The one spend order (G3): soonest to lapse (never-lapsing last), then earliest available, then earliest recorded, then lot id.
 * Spending, holding, reversing from other lots and paying debt all use it; expiry meets lots in the same order. README has the proof.
 */
export function inSpendOrder(a: Lot, b: Lot): number {
  return byLapse(a.expiresAt, b.expiresAt) || a.availableFrom - b.availableFrom || a.recorded - b.recorded
    || (a.lotId < b.lotId ? -1 : a.lotId > b.lotId ? 1 : 0);
}

function byLapse(a: number | null, b: number | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a - b;
}

/** True when the lot has lapsed by the instant: from `expiresAt` on, not one millisecond before. */
export function hasLapsed(lot: Pick<Lot, 'expiresAt'>, at: number): boolean {
  return lot.expiresAt !== null && lot.expiresAt <= at;
}

/** True when points of the lot that are not held may be spent at the instant. The only definition of "available" (G2). */
export function isSpendable(lot: Pick<Lot, 'availableFrom' | 'expiresAt'>, at: number): boolean {
  return lot.availableFrom <= at && !hasLapsed(lot, at);
}

/** Lots with points to spend at the instant, in spend order. */
export function spendableLots(wallet: Wallet, at: number): Lot[] {
  return wallet.lots.filter((lot) => lot.remaining > 0 && isSpendable(lot, at)).toSorted(inSpendOrder);
}

/** Points that may be spent at the instant. */
export function spendablePoints(wallet: Wallet, at: number): number {
  let total = 0;
  for (const lot of wallet.lots) if (lot.remaining > 0 && isSpendable(lot, at)) total += lot.remaining;
  return total;
}

/** Takes up to `points` from what is offered, first come first: less than asked when there is not enough, never a zero entry. */
export function allocate(offered: readonly Allocation[], points: number): Allocation[] {
  const taken: Allocation[] = [];
  let missing = points;
  for (const { lotId, points: there } of offered) {
    if (missing === 0) break;
    const part = Math.min(there, missing);
    if (part === 0) continue;
    taken.push({ lotId, points: part });
    missing -= part;
  }
  return taken;
}

/** What lots have to offer, in the order given. */
export function offerOf(lots: readonly Lot[]): Allocation[] {
  return lots.map((lot) => ({ lotId: lot.lotId, points: lot.remaining }));
}

/** What is left of allocations after some of each was used. */
export function without(allocations: readonly Allocation[], used: readonly Allocation[]): Allocation[] {
  const usedByLot = new Map(used.map((part) => [part.lotId, part.points]));
  return allocations
    .map((part) => ({ lotId: part.lotId, points: part.points - (usedByLot.get(part.lotId) ?? 0) }))
    .filter((part) => part.points > 0);
}

/**
 * What points that have just become free pay before anybody can spend them: debt first, then the fee due. It keeps the wallet's normal
 * form (while something is owed nothing is available, and no fee counts as paid while there is debt), so the order in which facts arrive
 * cannot leave both.
 */
export function payOwed({ debt, feeDue }: Pick<Wallet, 'debt' | 'feeDue'>, freed: readonly Allocation[]): Owed {
  if (debt === 0 && feeDue === 0) return NOTHING_OWED;
  const debtRepaid = allocate(freed, debt);
  return { debtRepaid, feeRecovered: feeDue === 0 ? [] : allocate(without(freed, debtRepaid), feeDue) };
}

export const NOTHING_OWED: Owed = { debtRepaid: [], feeRecovered: [] };
