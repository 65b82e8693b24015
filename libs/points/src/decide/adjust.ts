import type { AdjustPoints } from '../commands.ts';
import type { PointsAdjusted } from '../events-of-care.ts';
import { fingerprintOf, identity, lotIdAt } from '../identity.ts';
import { NOTE_CHARACTERS_MAX, POINTS_PER_LOT_MAX } from '../limits.ts';
import type { Refusal } from '../refusals.ts';
import { allocate, NOTHING_OWED, offerOf, spendableLots } from '../wallet/spend-order.ts';
import type { Wallet } from '../wallet/state.ts';
import { acceptOpening, lotsLimit, memoryLimit } from './earn.ts';
import { shortage } from './hold.ts';
import { paying } from './paying.ts';
import { refuse, type DecisionContext, type Verdict } from './verdict.ts';

/**
 * A correction by a person. What it gives is a lot like any other and pays what is owed first; what it takes is taken from available points
 * in spend order, whatever the policy for returns, and never from what is not there: a person who decides is told no, not given a debtor.
 */
export function adjust(command: AdjustPoints, wallet: Wallet, context: DecisionContext): Verdict {
  const refusal = adjustingRefusal(command, wallet, context);
  if (refusal !== undefined) return refuse(refusal);
  const { points, lot } = command;
  const lotId = lotIdAt(fingerprintOf(identity.adjustment(command.source)), 0);
  const adjusted: PointsAdjusted = {
    type: 'PointsAdjusted', occurredAt: command.occurredAt, recordedAt: context.now, source: command.source, reasonCode: command.reasonCode,
    by: command.by, approvedBy: command.approvedBy ?? null, note: command.note ?? '',
    granted: lot === undefined ? null
      : { lotId, points, availableFrom: lot.availableFrom, expiresAt: lot.expiresAt, validThrough: lot.validThrough },
    taken: points > 0 ? [] : allocate(offerOf(spendableLots(wallet, context.now)), -points), ...NOTHING_OWED,
  };
  return acceptOpening(wallet, paying(wallet, adjusted, context.now), context);
}

function adjustingRefusal({ points, note = '' }: AdjustPoints, wallet: Wallet, { now }: DecisionContext): Refusal | undefined {
  if (note.length > NOTE_CHARACTERS_MAX) return { code: 'limitReached', limit: 'noteCharacters', max: NOTE_CHARACTERS_MAX };
  if (points > POINTS_PER_LOT_MAX) return { code: 'limitReached', limit: 'pointsPerLot', max: POINTS_PER_LOT_MAX };
  const limit = points > 0 ? lotsLimit(wallet, 1) : undefined;
  return limit ?? memoryLimit(wallet) ?? shortage(wallet, -points, now);
}
