import type { ExtendPoints } from '../commands.ts';
import type { Wallet } from '../wallet/state.ts';
import { acceptOpening, memoryLimit } from './earn.ts';
import { refuse, type DecisionContext, type Verdict } from './verdict.ts';

/**
 * Gives open lots that would lapse earlier this last day. The event names the lots and the day, so replay asks no rule again; a later day
 * wins whatever the order in which activities arrive. What has lapsed stays lapsed.
 */
export function extend(command: ExtendPoints, wallet: Wallet, context: DecisionContext): Verdict {
  const limit = memoryLimit(wallet);
  if (limit !== undefined) return refuse(limit);
  const { expiresAt, validThrough } = command;
  const lotIds = wallet.lots
    .filter((lot) => lot.remaining + lot.held > 0 && lot.expiresAt !== null && lot.expiresAt > context.now && lot.expiresAt < expiresAt)
    .map((lot) => lot.lotId);
  return acceptOpening(wallet, {
    type: 'PointsExtended', occurredAt: command.occurredAt, recordedAt: context.now, source: command.source,
    validity: { expiresAt, validThrough }, lotIds,
  }, context);
}
