import type { CaptureHold, LapseHold, PlaceHold, ReleaseHold } from '../commands.ts';
import { sumOf } from '../events.ts';
import { fingerprintOf, identity } from '../identity.ts';
import { HOLDS_OPEN_MAX, HOLD_MINUTES_MAX } from '../limits.ts';
import type { Refusal } from '../refusals.ts';
import { allocate, offerOf, payOwed, spendableLots, spendablePoints, without } from '../wallet/spend-order.ts';
import { openHolds, spendingBy, type Spending, type Wallet } from '../wallet/state.ts';
import { memoryLimit } from './earn.ts';
import { accept, refuse, type DecisionContext, type Verdict } from './verdict.ts';

const MILLISECONDS_PER_MINUTE = 60_000;

/** Sets points aside and pins them to their lots: while the hold is open they neither expire nor are taken by a return. */
export function placeHold(command: PlaceHold, wallet: Wallet, context: DecisionContext): Verdict {
  const refusal = idTaken(wallet, command.holdId) ?? placingRefusal(command, wallet, context);
  if (refusal !== undefined) return refuse(refusal);
  return accept({
    type: 'HoldPlaced', occurredAt: command.occurredAt, recordedAt: context.now, holdId: command.holdId, expiresAt: command.expiresAt,
    allocations: allocate(offerOf(spendableLots(wallet, context.now)), command.points),
  });
}

function placingRefusal(command: PlaceHold, wallet: Wallet, { now }: DecisionContext): Refusal | undefined {
  if (command.expiresAt <= now) return { code: 'holdExpired', holdId: command.holdId, expiresAt: command.expiresAt };
  if (command.expiresAt - now > HOLD_MINUTES_MAX * MILLISECONDS_PER_MINUTE) {
    return { code: 'limitReached', limit: 'holdMinutes', max: HOLD_MINUTES_MAX };
  }
  if (openHolds(wallet).length >= HOLDS_OPEN_MAX) {
    return { code: 'limitReached', limit: 'holdsOpen', max: HOLDS_OPEN_MAX };
  }
  return memoryLimit(wallet) ?? shortage(wallet, command.points, now);
}

/** Of an id that a hold moved in by a merge has: nothing here placed it, so sameness cannot tell, but two may not share it. */
export function idTaken(wallet: Wallet, id: string): Refusal | undefined {
  return spendingBy(wallet, fingerprintOf(identity.spending(id))) === undefined ? undefined : { code: 'sourceConflict', source: id };
}

/** `insufficientPoints` with the true figure, or undefined when there is enough. */
export function shortage(wallet: Wallet, requested: number, now: number): Refusal | undefined {
  const available = spendablePoints(wallet, now);
  return available < requested ? { code: 'insufficientPoints', available, requested } : undefined;
}

/**
 * Spends what was held, in the order it was allocated, whatever happened to the lots' own dates since. What is not wanted goes
 * back to its lots; it pays debt first, and in a lot that lapsed meanwhile it expires at once (`settle`).
 */
export function captureHold(command: CaptureHold, wallet: Wallet, context: DecisionContext): Verdict {
  const hold = holdNamed(command.holdId, wallet);
  if ('code' in hold) return refuse(hold);
  const refusal = closedRefusal(hold, command.holdId);
  if (refusal !== undefined) return refuse(refusal);
  const held = sumOf(hold.allocations);
  const points = command.points ?? held;
  if (points > held) return refuse({ code: 'captureExceedsHold', held, requested: points });
  const spent = allocate(hold.allocations, points);
  const returned = without(hold.allocations, spent);
  return accept({
    type: 'HoldCaptured', occurredAt: command.occurredAt, recordedAt: context.now, holdId: command.holdId,
    spent, returned, ...payOwed(wallet, returned),
  });
}

/** Lets a hold go. A hold whose time is over was let go by `settle` just before, which is what the caller wanted. */
export function releaseHold(command: ReleaseHold, wallet: Wallet, context: DecisionContext): Verdict {
  const hold = holdNamed(command.holdId, wallet);
  if ('code' in hold) return refuse(hold);
  if (hold.state === 'lapsed') return accept();
  const refusal = closedRefusal(hold, command.holdId);
  if (refusal !== undefined) return refuse(refusal);
  return accept({
    type: 'HoldReleased', occurredAt: command.occurredAt, recordedAt: context.now, holdId: command.holdId, reason: 'released',
    returned: hold.allocations, ...payOwed(wallet, hold.allocations),
  });
}

/** States that a hold's time is over. The stating itself is `settle`'s; this only says when there is nothing to state. */
export function lapseHold(command: LapseHold, wallet: Wallet, _context: DecisionContext): Verdict {
  const hold = holdNamed(command.holdId, wallet);
  if ('code' in hold) return refuse(hold);
  if (hold.state === 'open') return refuse({ code: 'holdNotDue', holdId: command.holdId, expiresAt: hold.expiresAt });
  if (hold.state === 'lapsed') return accept();
  return refuse(closedRefusal(hold, command.holdId) ?? { code: 'holdNotFound', holdId: command.holdId });
}

function holdNamed(holdId: string, wallet: Wallet): Spending | Refusal {
  const hold = spendingBy(wallet, fingerprintOf(identity.spending(holdId)));
  return hold ?? { code: 'holdNotFound', holdId };
}

/** A lapsed hold is `holdExpired` whether or not its lapse is on record yet: an answer must not depend on a job (G2). */
function closedRefusal(hold: Spending, holdId: string): Refusal | undefined {
  switch (hold.state) {
    case 'captured': return { code: 'holdClosed', holdId, state: hold.state, captured: sumOf(hold.allocations) };
    case 'released': return { code: 'holdClosed', holdId, state: hold.state };
    case 'lapsed': return { code: 'holdExpired', holdId, expiresAt: hold.expiresAt };
    case 'redeemed':
    case 'moved':
    case 'sent':
    case 'takenBack': return { code: 'holdNotFound', holdId };
    case 'open': return undefined;
  }
}
