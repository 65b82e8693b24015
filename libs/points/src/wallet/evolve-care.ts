import type {
  CardFeeCharged, CardFeeWaived, PointsAdjusted, PointsExtended, PointsForfeited, WalletFrozen, WalletUnfrozen,
} from '../events-of-care.ts';
import { sumOf } from '../events.ts';
import { fingerprintOf, identity } from '../identity.ts';
import { changed, counted, idOf, moved, newLot, owed, paid, seen, take } from './changes.ts';
import { appended } from './list-of.ts';
import type { Freeze, Wallet } from './state.ts';

/** How events of those who look after a wallet change it. */

export function adjusted(wallet: Wallet, event: PointsAdjusted): Wallet {
  const { granted, taken } = event;
  const source = idOf(event);
  const issued = granted === null ? wallet : counted({
    ...wallet, lots: appended(wallet.lots, [newLot(granted, { source, recorded: wallet.revision, recordedAt: event.recordedAt })]),
  }, { issued: granted.points });
  const left = counted(moved(issued, taken, take), { deducted: sumOf(taken) });
  return paid(seen(left, event), event);
}

export function feeCharged(wallet: Wallet, event: CardFeeCharged): Wallet {
  const charged = counted({ ...wallet, feeDue: wallet.feeDue + event.points }, { feeCharged: event.points });
  return paid(seen(charged, event), { debtRepaid: [], feeRecovered: event.feeRecovered });
}

export function feeWaived(wallet: Wallet, event: CardFeeWaived): Wallet {
  const waived = counted({ ...wallet, feeDue: owed('fee', wallet.feeDue, event.points) }, { feeReleased: event.points });
  return seen(waived, event);
}

export function extended(wallet: Wallet, event: PointsExtended): Wallet {
  const longer = event.lotIds.length === 0 ? wallet : changed(wallet, event.lotIds, (lot) => ({ ...lot, ...event.validity }));
  return seen(longer, event);
}

export function frozen(wallet: Wallet, event: WalletFrozen): Wallet {
  return seen(underFreezes(wallet, [...wallet.freezes, { fingerprint: idOf(event), mode: event.mode }]), event);
}

export function unfrozen(wallet: Wallet, event: WalletUnfrozen): Wallet {
  const lifted = fingerprintOf(identity.freeze(event.freezeId));
  return seen(underFreezes(wallet, wallet.freezes.filter((freeze) => freeze.fingerprint !== lifted)), event);
}

export function forfeited(wallet: Wallet, event: PointsForfeited): Wallet {
  const lost = moved(wallet, event.lots, (lot, points) => ({ ...take(lot, points), expired: lot.expired + points }));
  const { debtWrittenOff, feeWaived: waived } = event;
  const released = {
    ...lost, debt: owed('debt', lost.debt, debtWrittenOff), feeDue: owed('fee', lost.feeDue, waived),
  };
  const totals = { forfeited: sumOf(event.lots), debtReleased: debtWrittenOff, feeReleased: waived };
  return seen(counted(released, totals), event);
}

function underFreezes(wallet: Wallet, freezes: readonly Freeze[]): Wallet {
  const modes = freezes.map((freeze) => freeze.mode);
  return { ...wallet, freezes, frozen: modes.includes('all') ? 'all' : modes[0] ?? null };
}
