import { checkOf, contentOfEvent } from '../content.ts';
import { sumOf, type Allocation, type GrantedLot, type Owed, type WalletEvent } from '../events.ts';
import { fingerprintOf, identityOfEvent, type Fingerprint } from '../identity.ts';
import { appended } from './list-of.ts';
import type { Lot, Totals, Wallet } from './state.ts';

/** The small steps that events are folded with. All pure; none takes more than there is. */

export function newLot(lot: GrantedLot, grant: { source: Fingerprint; recorded: number; recordedAt: number }): Lot {
  return {
    lotId: lot.lotId, source: grant.source, recorded: grant.recorded, granted: lot.points, entitled: lot.points, remaining: lot.points,
    held: 0, expired: 0, forgiven: 0, availableFrom: lot.availableFrom, expiresAt: lot.expiresAt, validThrough: lot.validThrough,
    activated: lot.availableFrom <= grant.recordedAt,
  };
}

export const take = (lot: Lot, points: number): Lot => ({ ...lot, remaining: minus(lot.remaining, points, lot) });
export const give = (lot: Lot, points: number): Lot => ({ ...lot, remaining: lot.remaining + points });
export const hold = (lot: Lot, points: number): Lot => ({ ...take(lot, points), held: lot.held + points });
export const capture = (lot: Lot, points: number): Lot => ({ ...lot, held: minus(lot.held, points, lot) });
export const letGo = (lot: Lot, points: number): Lot => give(capture(lot, points), points);

/** Points of lots that paid what is owed: gone from their lots, and debt and fee due are less by as much. */
export function paid(wallet: Wallet, { debtRepaid, feeRecovered }: Owed): Wallet {
  if (debtRepaid.length === 0 && feeRecovered.length === 0) return wallet;
  const [debt, fee] = [sumOf(debtRepaid), sumOf(feeRecovered)];
  const left = moved(moved(wallet, debtRepaid, take), feeRecovered, take);
  return counted({
    ...left, debt: owed('debt', wallet.debt, debt), feeDue: owed('fee', wallet.feeDue, fee), feePaid: wallet.feePaid + fee,
  }, { debtRepaid: debt, feeRecovered: fee });
}

/** A paid fee that is due again. */
export function feeBack(wallet: Wallet, points: number): Wallet {
  return { ...wallet, feeDue: wallet.feeDue + points, feePaid: owed('paid fee', wallet.feePaid, points) };
}

/** What is left of something owed; throws when more is paid. */
export function owed(what: string, there: number, points: number): number {
  if (points > there) throw new RangeError(`${points} points were to pay a ${what} of ${there}`);
  return there - points;
}

export function moved(wallet: Wallet, parts: readonly Allocation[], how: (lot: Lot, points: number) => Lot): Wallet {
  const [first] = parts;
  if (first === undefined) return wallet;
  if (parts.length === 1) return changed(wallet, [first.lotId], (lot) => how(lot, first.points));
  const points = new Map(parts.map((part) => [part.lotId, part.points]));
  return changed(wallet, [...points.keys()], (lot) => how(lot, points.get(lot.lotId) ?? 0));
}

export function changed(wallet: Wallet, lotIds: readonly string[], how: (lot: Lot) => Lot): Wallet {
  const lots = wallet.lots.slice();
  const places = lotIds.length === 1 ? undefined : new Map(lots.map((lot, index) => [lot.lotId, index]));
  for (const lotId of lotIds) {
    const index = places === undefined ? lots.findIndex((lot) => lot.lotId === lotId) : places.get(lotId) ?? -1;
    const lot = lots[index];
    if (lot === undefined) throw new RangeError(`The wallet has no lot ${lotId}`);
    lots[index] = how(lot);
  }
  return { ...wallet, lots };
}

/** The event remembered as an effect: its identity and a little of its content. */
export function seen(wallet: Wallet, event: WalletEvent): Wallet {
  const effect = { fingerprint: idOf(event), content: checkOf(contentOfEvent(event) ?? ''), revision: wallet.revision };
  return { ...wallet, seen: appended(wallet.seen, [effect]) };
}

/** Adds to the running totals; an event moves one or two of them. */
export function counted(wallet: Wallet, more: Partial<Totals>): Wallet {
  const totals: { -readonly [Name in keyof Totals]: number } = { ...wallet.totals };
  for (const name of Object.keys(more) as (keyof Totals)[]) totals[name] += more[name] ?? 0;
  return { ...wallet, totals };
}

export function idOf(event: WalletEvent): Fingerprint {
  const knownBy = identityOfEvent(event);
  if (knownBy === undefined) throw new Error(`${event.type} has no identity of its own`);
  return fingerprintOf(knownBy);
}

/** Points never go below zero: an event that says so was not decided by this lib. */
export function minus(there: number, points: number, lot: Lot): number {
  if (points > there) throw new RangeError(`Lot ${lot.lotId} has ${there} points, not ${points}`);
  return there - points;
}
