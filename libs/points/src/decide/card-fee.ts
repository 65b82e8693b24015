import type { ChargeCardFee, WaiveCardFee } from '../commands.ts';
import { FEE_POINTS_MAX } from '../limits.ts';
import { allocate, offerOf, spendableLots } from '../wallet/spend-order.ts';
import type { Wallet } from '../wallet/state.ts';
import { acceptOpening, memoryLimit } from './earn.ts';
import { accept, refuse, type DecisionContext, type Verdict } from './verdict.ts';

/**
 * Charges a fee in points. Available points pay at once: had they been earned a minute later, they would have paid too, and the order of
 * two independent facts must not matter. What is left is due, apart from debt.
 */
export function chargeFee(command: ChargeCardFee, wallet: Wallet, context: DecisionContext): Verdict {
  if (command.points > FEE_POINTS_MAX) return refuse({ code: 'limitReached', limit: 'feePoints', max: FEE_POINTS_MAX });
  const limit = memoryLimit(wallet);
  if (limit !== undefined) return refuse(limit);
  return acceptOpening(wallet, {
    type: 'CardFeeCharged', occurredAt: command.occurredAt, recordedAt: context.now, source: command.source, points: command.points,
    feeRecovered: allocate(offerOf(spendableLots(wallet, context.now)), command.points),
  }, context);
}

/** Lets go of a fee that is due. What has been paid is not given back by it: that is a positive adjustment, with dates of its own. */
export function waiveFee(command: WaiveCardFee, wallet: Wallet, context: DecisionContext): Verdict {
  const due = wallet.feeDue;
  const requested = command.points ?? due;
  if (requested > due || due === 0) return refuse({ code: 'waiverExceedsFee', due, requested });
  const limit = memoryLimit(wallet);
  if (limit !== undefined) return refuse(limit);
  return accept({
    type: 'CardFeeWaived', occurredAt: command.occurredAt, recordedAt: context.now, source: command.source,
    requested: command.points ?? null, points: requested,
  });
}
