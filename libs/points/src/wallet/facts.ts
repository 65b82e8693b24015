import type { Fingerprint } from '../identity.ts';
import type { Lot, LotList, SeenEffect, SeenList, Spending, SpendingList } from './state.ts';

/** Facts about a wallet's lists that most commands need. From a snapshot they are read, not counted again. */

/** Lots with points in them, held ones too. */
export function openLots(lots: LotList): number {
  return lots.packed === undefined ? openIn(lots) : lots.packed.open + openIn(lots.added ?? []);
}

/** The earliest instant at which a lot becomes available or expires; Infinity when none will. */
export function earliestLotDue(lots: LotList): number {
  return lots.packed === undefined ? lotsDueAt(lots) : Math.min(lots.packed.dueAt, lotsDueAt(lots.added ?? []));
}

/** The earliest instant at which an open hold lapses; Infinity when there is none. */
export function earliestHoldDue(spendings: SpendingList): number {
  return spendings.packed === undefined ? holdsDueAt(spendings)
    : Math.min(spendings.packed.dueAt, holdsDueAt(spendings.added ?? []));
}

/** True when a lot has this id. */
export function hasLot(lots: LotList, lotId: string): boolean {
  const here = (lot: Lot): boolean => lot.lotId === lotId;
  return lots.packed?.lacks(lotId) === true ? (lots.added ?? []).some(here) : lots.some(here);
}

/** The first effect remembered under this fingerprint, those at the revisions to be passed over left out. */
export function seenBy(seen: SeenList, fingerprint: Fingerprint, strangers?: ReadonlySet<number>): SeenEffect | undefined {
  const same = (effect: SeenEffect): boolean => effect.fingerprint === fingerprint && strangers?.has(effect.revision) !== true;
  if (seen.packed === undefined) return seen.find(same);
  return seen.packed.find(fingerprint, strangers) ?? (seen.added ?? []).find(same);
}

export function openIn(lots: Iterable<Lot>): number {
  let open = 0;
  for (const lot of lots) if (lot.remaining > 0 || lot.held > 0) open += 1;
  return open;
}

export function lotsDueAt(lots: Iterable<Lot>): number {
  let earliest = Infinity;
  for (const lot of lots) {
    if (lot.remaining > 0) earliest = Math.min(earliest, lot.activated ? Infinity : lot.availableFrom, lot.expiresAt ?? Infinity);
  }
  return earliest;
}

export function holdsDueAt(spendings: Iterable<Spending>): number {
  let earliest = Infinity;
  for (const { state, expiresAt } of spendings) if (state === 'open') earliest = Math.min(earliest, expiresAt);
  return earliest;
}
