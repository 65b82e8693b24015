import {
  sumOf, type Allocation, type GrantedLot, type PointsEarned, type PointsReversed, type RedemptionCancelled, type WalletEvent,
} from '../events.ts';
import { content, fingerprintOf, identity, identityOfEvent, type Fingerprint } from '../identity.ts';
import type { Lot, Spending, Totals, Wallet } from './state.ts';

/** The wallet after one more event. Pure; throws on an event it does not know and on one that would take more than there is. */
export function evolve(wallet: Wallet, event: WalletEvent): Wallet {
  return change({ ...wallet, revision: wallet.revision + 1, recordedAt: Math.max(wallet.recordedAt, event.recordedAt) }, event);
}

function change(wallet: Wallet, event: WalletEvent): Wallet {
  switch (event.type) {
    case 'WalletOpened': return { ...wallet, opened: true };
    case 'PointsEarned': return earned(wallet, event);
    case 'PointsReversed': return reversed(wallet, event);
    case 'HoldPlaced': {
      const spending: Spending = {
        fingerprint: idOf(event), state: 'open', holdId: event.holdId, expiresAt: event.expiresAt,
        closedBy: 0, allocations: event.allocations, restored: 0,
      };
      const held = moved(wallet, event.allocations, hold);
      return seen({ ...held, spendings: [...held.spendings, spending] }, event, content.ofPoints(sumOf(event.allocations)));
    }
    case 'HoldCaptured': {
      const closed = closeHold(wallet, event, { state: 'captured', allocations: event.spent });
      const spent = counted(moved(closed, event.spent, capture), { spent: sumOf(event.spent) });
      return paid(moved(spent, event.returned, letGo), event.debtRepaid);
    }
    case 'HoldReleased': {
      const closed = closeHold(wallet, event, { state: event.reason, allocations: [] });
      return paid(moved(closed, event.returned, letGo), event.debtRepaid);
    }
    case 'PointsRedeemed': {
      const spending: Spending = {
        fingerprint: idOf(event), state: 'redeemed', holdId: null, expiresAt: 0,
        closedBy: wallet.revision, allocations: event.allocations, restored: 0,
      };
      const spent = counted(moved(wallet, event.allocations, take), { spent: sumOf(event.allocations) });
      return seen({ ...spent, spendings: [...spent.spendings, spending] }, event, content.ofPoints(sumOf(event.allocations)));
    }
    case 'RedemptionCancelled': return restored(wallet, event);
    case 'PointsExpired': {
      const lapsed = moved(wallet, [event], (lot, points) => ({ ...take(lot, points), expired: lot.expired + points }));
      return counted(lapsed, { expired: event.points });
    }
    case 'PointsActivated': {
      const active = changed(wallet, [event.lotId], (lot) => ({ ...lot, activated: true }));
      return paid(active, event.debtRepaid);
    }
    default: {
      const unknown: never = event;
      throw new Error(`This version cannot fold the event ${JSON.stringify((unknown as { type?: unknown }).type)}`);
    }
  }
}

function earned(wallet: Wallet, event: PointsEarned): Wallet {
  const source = idOf(event);
  const granted = event.lots.map((lot) => newLot(lot, { source, recorded: wallet.revision, recordedAt: event.recordedAt }));
  const issued = counted({ ...wallet, lots: [...wallet.lots, ...granted] }, { issued: sumOf(event.lots) });
  return paid(seen(issued, event, event.content), event.debtRepaid);
}

function newLot(lot: GrantedLot, grant: { source: Fingerprint; recorded: number; recordedAt: number }): Lot {
  return {
    lotId: lot.lotId, source: grant.source, recorded: grant.recorded, granted: lot.points, entitled: lot.points, remaining: lot.points,
    held: 0, expired: 0, forgiven: 0, availableFrom: lot.availableFrom, expiresAt: lot.expiresAt, validThrough: lot.validThrough,
    activated: lot.availableFrom <= grant.recordedAt,
  };
}

function reversed(wallet: Wallet, event: PointsReversed): Wallet {
  const forgiven = new Map(event.lots.map((lot) => [lot.lotId, lot.alreadyExpired]));
  const lowered = moved(wallet, event.lots, (lot, points) => ({
    ...lot, entitled: minus(lot.entitled, points, lot), forgiven: lot.forgiven + (forgiven.get(lot.lotId) ?? 0),
  }));
  const taken = counted(moved(lowered, event.taken, take), { reversed: sumOf(event.taken), debtIncurred: event.debtIncurred });
  return seen({ ...taken, debt: taken.debt + event.debtIncurred }, event, event.content);
}

function restored(wallet: Wallet, event: RedemptionCancelled): Wallet {
  const extended = new Map(event.restored.map((part) => [part.lotId, part.extendedTo]));
  const points = sumOf(event.restored);
  const back = moved(wallet, event.restored, (lot, part) => ({ ...give(lot, part), ...extended.get(lot.lotId) }));
  const spent = fingerprintOf(identity.spending(event.redemptionId));
  const spendings = back.spendings.map((one) => one.fingerprint === spent ? { ...one, restored: one.restored + points } : one);
  const remembered = seen({ ...back, spendings }, event, content.ofCancellation(event.redemptionId, event.requested));
  return paid(counted(remembered, { restored: points }), event.debtRepaid);
}

function closeHold(
  wallet: Wallet, event: WalletEvent, closing: Pick<Spending, 'state' | 'allocations'>,
): Wallet {
  const fingerprint = idOf(event);
  const spendings = wallet.spendings.map((one) =>
    one.fingerprint === fingerprint ? { ...one, ...closing, holdId: null, closedBy: wallet.revision } : one);
  return { ...wallet, spendings };
}

const take = (lot: Lot, points: number): Lot => ({ ...lot, remaining: minus(lot.remaining, points, lot) });
const give = (lot: Lot, points: number): Lot => ({ ...lot, remaining: lot.remaining + points });
const hold = (lot: Lot, points: number): Lot => ({ ...take(lot, points), held: lot.held + points });
const capture = (lot: Lot, points: number): Lot => ({ ...lot, held: minus(lot.held, points, lot) });
const letGo = (lot: Lot, points: number): Lot => give(capture(lot, points), points);

function paid(wallet: Wallet, debtRepaid: readonly Allocation[]): Wallet {
  if (debtRepaid.length === 0) return wallet;
  const points = sumOf(debtRepaid);
  const debt = wallet.debt - points;
  if (debt < 0) throw new RangeError(`${points} points were to pay a debt of ${wallet.debt}`);
  return counted({ ...moved(wallet, debtRepaid, take), debt }, { debtRepaid: points });
}

function moved(wallet: Wallet, parts: readonly Allocation[], how: (lot: Lot, points: number) => Lot): Wallet {
  if (parts.length === 0) return wallet;
  const points = new Map(parts.map((part) => [part.lotId, part.points]));
  return changed(wallet, [...points.keys()], (lot) => how(lot, points.get(lot.lotId) ?? 0));
}

function changed(wallet: Wallet, lotIds: readonly string[], how: (lot: Lot) => Lot): Wallet {
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

function seen(wallet: Wallet, event: WalletEvent, ofContent: Fingerprint): Wallet {
  return { ...wallet, seen: [...wallet.seen, { fingerprint: idOf(event), content: ofContent, revision: wallet.revision }] };
}

function counted(wallet: Wallet, more: Partial<Totals>): Wallet {
  const { issued, restored: back, spent, expired, reversed: taken, debtIncurred, debtRepaid } = wallet.totals;
  return {
    ...wallet,
    totals: {
      issued: issued + (more.issued ?? 0), restored: back + (more.restored ?? 0), spent: spent + (more.spent ?? 0),
      expired: expired + (more.expired ?? 0), reversed: taken + (more.reversed ?? 0),
      debtIncurred: debtIncurred + (more.debtIncurred ?? 0), debtRepaid: debtRepaid + (more.debtRepaid ?? 0),
    },
  };
}

function idOf(event: WalletEvent): Fingerprint {
  const knownBy = identityOfEvent(event);
  if (knownBy === undefined) throw new Error(`${event.type} has no identity of its own`);
  return fingerprintOf(knownBy);
}

/** Points never go below zero: an event that says so was not decided by this lib. */
function minus(there: number, points: number, lot: Lot): number {
  if (points > there) throw new RangeError(`Lot ${lot.lotId} has ${there} points, not ${points}`);
  return there - points;
}
