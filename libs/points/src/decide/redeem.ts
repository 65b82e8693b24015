import type { CancelRedemption, RedeemPoints } from '../commands.ts';
import { sumOf, type Allocation, type RestoredAllocation } from '../events.ts';
import { fingerprintOf, identity } from '../identity.ts';
import { RESTORED_DAYS_MIN } from '../limits.ts';
import { allocate, hasLapsed, offerOf, payOwed, spendableLots } from '../wallet/spend-order.ts';
import { lotById, spendingBy, type Spending, type Wallet } from '../wallet/state.ts';
import { memoryLimit, reopeningLimit } from './earn.ts';
import { idTaken, shortage } from './hold.ts';
import { accept, refuse, type DecisionContext, type Verdict } from './verdict.ts';

/** Spends points at once, in spend order. */
export function redeem(command: RedeemPoints, wallet: Wallet, context: DecisionContext): Verdict {
  const refusal = idTaken(wallet, command.redemptionId) ?? memoryLimit(wallet) ?? shortage(wallet, command.points, context.now);
  if (refusal !== undefined) return refuse(refusal);
  return accept({
    type: 'PointsRedeemed', occurredAt: command.occurredAt, recordedAt: context.now, redemptionId: command.redemptionId,
    allocations: allocate(offerOf(spendableLots(wallet, context.now)), command.points),
  });
}

/**
 * Gives spent points back to the lots they came from, last allocated first: what stays spent is then exactly what a smaller redemption
 * would have taken, so any split of a cancellation ends alike. Points of a lot that lapsed live at least 30 days more, flagged.
 */
export function cancelRedemption(command: CancelRedemption, wallet: Wallet, context: DecisionContext): Verdict {
  const spending = spendingBy(wallet, fingerprintOf(identity.spending(command.redemptionId)));
  if (spending === undefined || (spending.state !== 'captured' && spending.state !== 'redeemed')) {
    return refuse({ code: 'redemptionNotFound', redemptionId: command.redemptionId });
  }
  const cancellable = sumOf(spending.allocations) - spending.restored;
  const requested = command.points ?? cancellable;
  if (requested > cancellable || cancellable === 0) return refuse({ code: 'cancelExceedsRedemption', cancellable, requested });
  const back = stillSpent(spending, requested);
  const limit = memoryLimit(wallet) ?? reopeningLimit(wallet, back);
  if (limit !== undefined) return refuse(limit);
  const restored = back.map((part) => extended(part, wallet, context));
  return accept({
    type: 'RedemptionCancelled', occurredAt: command.occurredAt, recordedAt: context.now, redemptionId: command.redemptionId,
    cancellationId: command.cancellationId, requested: command.points ?? null, restored, ...payOwed(wallet, restored),
  });
}

/** The next `points` to give back, after those that earlier cancellations gave back. */
function stillSpent(spending: Spending, points: number): Allocation[] {
  const lastFirst = spending.allocations.toReversed();
  const before = new Map(allocate(lastFirst, spending.restored).map((part) => [part.lotId, part.points]));
  const left = lastFirst.map((part) => ({ lotId: part.lotId, points: part.points - (before.get(part.lotId) ?? 0) }));
  return allocate(left, points);
}

function extended(part: Allocation, wallet: Wallet, { now, policy }: DecisionContext): RestoredAllocation {
  const lot = lotById(wallet, part.lotId);
  if (lot === undefined || !hasLapsed(lot, now)) return { ...part, extendedTo: null };
  const validThrough = policy.calendar.addDays(policy.calendar.dayOf(now), RESTORED_DAYS_MIN);
  return { ...part, extendedTo: { validThrough, expiresAt: policy.calendar.endOfDay(validThrough) } };
}
