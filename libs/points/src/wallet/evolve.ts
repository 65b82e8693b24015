import { withBooksClosed, withBooksOpened } from '../books/carry-over.ts';
import { sumOf, type PointsEarned, type PointsReversed, type RedemptionCancelled, type WalletEvent } from '../events.ts';
import { fingerprintOf, identity } from '../identity.ts';
import { capture, changed, counted, feeBack, give, hold, idOf, letGo, minus, moved, newLot, paid, seen, take } from './changes.ts';
import { adjusted, extended, feeCharged, feeWaived, forfeited, frozen, unfrozen } from './evolve-care.ts';
import { closed, movedIn, movedOut, received, sent, takenBack } from './evolve-moving.ts';
import { appended } from './list-of.ts';
import type { Spending, Wallet } from './state.ts';

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
      return seen({ ...held, spendings: [...held.spendings, spending] }, event);
    }
    case 'HoldCaptured': {
      const closed = closeHold(wallet, event, { state: 'captured', allocations: event.spent });
      const spent = counted(moved(closed, event.spent, capture), { spent: sumOf(event.spent) });
      return paid(moved(spent, event.returned, letGo), event);
    }
    case 'HoldReleased': {
      const closed = closeHold(wallet, event, { state: event.reason, allocations: [] });
      return paid(moved(closed, event.returned, letGo), event);
    }
    case 'PointsRedeemed': {
      const spending: Spending = {
        fingerprint: idOf(event), state: 'redeemed', holdId: null, expiresAt: 0,
        closedBy: wallet.revision, allocations: event.allocations, restored: 0,
      };
      const spent = counted(moved(wallet, event.allocations, take), { spent: sumOf(event.allocations) });
      return seen({ ...spent, spendings: [...spent.spendings, spending] }, event);
    }
    case 'RedemptionCancelled': return restored(wallet, event);
    case 'PointsExpired': {
      const lapsed = moved(wallet, [event], (lot, points) => ({ ...take(lot, points), expired: lot.expired + points }));
      return counted(lapsed, { expired: event.points });
    }
    case 'PointsActivated': {
      const active = changed(wallet, [event.lotId], (lot) => ({ ...lot, activated: true }));
      return paid(active, event);
    }
    case 'PointsAdjusted': return adjusted(wallet, event);
    case 'CardFeeCharged': return feeCharged(wallet, event);
    case 'CardFeeWaived': return feeWaived(wallet, event);
    case 'PointsExtended': return extended(wallet, event);
    case 'WalletFrozen': return frozen(wallet, event);
    case 'WalletUnfrozen': return unfrozen(wallet, event);
    case 'PointsForfeited': return forfeited(wallet, event);
    case 'PointsSent': return sent(wallet, event);
    case 'PointsReceived': return received(wallet, event);
    case 'PointsTakenBack': return takenBack(wallet, event);
    case 'LotsMovedOut': return movedOut(wallet, event);
    case 'LotsMovedIn': return movedIn(wallet, event);
    case 'WalletClosed': return closed(wallet, event);
    case 'BooksClosed': return withBooksClosed(wallet, event);
    case 'BooksOpened': return withBooksOpened(wallet, event);
    default: {
      const unknown: never = event;
      throw new Error(`This version cannot fold the event ${JSON.stringify((unknown as { type?: unknown }).type)}`);
    }
  }
}

function earned(wallet: Wallet, event: PointsEarned): Wallet {
  const source = idOf(event);
  const granted = event.lots.map((lot) => newLot(lot, { source, recorded: wallet.revision, recordedAt: event.recordedAt }));
  const issued = counted({ ...wallet, lots: appended(wallet.lots, granted) }, { issued: sumOf(event.lots) });
  return paid(seen(issued, event), event);
}

function reversed(wallet: Wallet, event: PointsReversed): Wallet {
  const forgiven = new Map(event.lots.map((lot) => [lot.lotId, lot.alreadyExpired]));
  const lowered = moved(wallet, event.lots, (lot, points) => ({
    ...lot, entitled: minus(lot.entitled, points, lot), forgiven: lot.forgiven + (forgiven.get(lot.lotId) ?? 0),
  }));
  const taken = counted(moved(lowered, event.taken, take), { reversed: sumOf(event.taken), debtIncurred: event.debtIncurred });
  return seen(feeBack({ ...taken, debt: taken.debt + event.debtIncurred }, event.feeReturned), event);
}

function restored(wallet: Wallet, event: RedemptionCancelled): Wallet {
  const extended = new Map(event.restored.map((part) => [part.lotId, part.extendedTo]));
  const points = sumOf(event.restored);
  const back = moved(wallet, event.restored, (lot, part) => ({ ...give(lot, part), ...extended.get(lot.lotId) }));
  const spent = fingerprintOf(identity.spending(event.redemptionId));
  const spendings = back.spendings.map((one) => one.fingerprint === spent ? { ...one, restored: one.restored + points } : one);
  const remembered = seen({ ...back, spendings }, event);
  return paid(counted(remembered, { restored: points }), event);
}

function closeHold(wallet: Wallet, event: WalletEvent, closing: Pick<Spending, 'state' | 'allocations'>): Wallet {
  const fingerprint = idOf(event);
  const spendings = wallet.spendings.map((one) =>
    one.fingerprint === fingerprint ? { ...one, ...closing, holdId: null, closedBy: wallet.revision } : one);
  return { ...wallet, spendings };
}
