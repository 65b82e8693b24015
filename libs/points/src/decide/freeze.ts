import type { ForfeitPoints, FreezeWallet, UnfreezeWallet } from '../commands.ts';
import type { HoldReleased, WalletEvent } from '../events.ts';
import { fingerprintOf, identity } from '../identity.ts';
import { FREEZES_MAX } from '../limits.ts';
import { evolve } from '../wallet/evolve.ts';
import { payOwed } from '../wallet/spend-order.ts';
import { openHolds, type Wallet } from '../wallet/state.ts';
import { acceptOpening } from './earn.ts';
import { accept, refuse, type DecisionContext, type Verdict } from './verdict.ts';

/** Stops a wallet for one reason; several may stand at once. Never refused for want of memory: a wallet can always be stopped. */
export function freeze(command: FreezeWallet, wallet: Wallet, context: DecisionContext): Verdict {
  if (wallet.freezes.length >= FREEZES_MAX) return refuse({ code: 'limitReached', limit: 'freezes', max: FREEZES_MAX });
  return acceptOpening(wallet, {
    type: 'WalletFrozen', occurredAt: command.occurredAt, recordedAt: context.now, freezeId: command.freezeId, mode: command.mode,
    reason: command.reason,
  }, context);
}

/** Lifts one freeze. */
export function unfreeze(command: UnfreezeWallet, wallet: Wallet, context: DecisionContext): Verdict {
  const { freezeId } = command;
  const fingerprint = fingerprintOf(identity.freeze(freezeId));
  if (!wallet.freezes.some((one) => one.fingerprint === fingerprint)) return refuse({ code: 'freezeNotFound', freezeId });
  return accept({ type: 'WalletUnfrozen', occurredAt: command.occurredAt, recordedAt: context.now, freezeId });
}

/**
 * Takes everything. Open holds are let go before (what comes back pays what is owed, as ever), so that no till captures afterwards. Lost
 * points count like lapsed ones when their purchase is returned later: nobody is asked for them a second time. A member who leaves owes
 * nothing any more; a fraud does.
 */
export function forfeit(command: ForfeitPoints, wallet: Wallet, context: DecisionContext): Verdict {
  const when = { occurredAt: command.occurredAt, recordedAt: context.now };
  const before: WalletEvent[] = [];
  let freed = wallet;
  for (const { holdId, allocations } of openHolds(wallet)) {
    const letGo: HoldReleased = {
      type: 'HoldReleased', ...when, holdId, reason: 'released', returned: allocations, ...payOwed(freed, allocations),
    };
    before.push(letGo);
    freed = evolve(freed, letGo);
  }
  const { forfeitId, reason } = command;
  const writesOff = reason !== 'fraud';
  const forfeited: WalletEvent = {
    type: 'PointsForfeited', ...when, forfeitId, reason,
    lots: freed.lots.filter((lot) => lot.remaining > 0).map((lot) => ({ lotId: lot.lotId, points: lot.remaining })),
    debtWrittenOff: writesOff ? freed.debt : 0, feeWaived: writesOff ? freed.feeDue : 0,
  };
  return { ...acceptOpening(wallet, forfeited, context), before };
}
