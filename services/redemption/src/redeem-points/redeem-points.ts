import { type IdempotentAnswer, Problem } from '@trebol/chassis';
import { memberId, positivePoints } from '@trebol/contracts';
import type { Outcome, PointsCommand, PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { CancellationAnswer, RedemptionAnswer } from '../answers.ts';
import { type Asked, type AskedRow, askedOrRefused } from '../ask.ts';
import { derivedId } from '../derived-id.ts';
import { accepted, balanceAnswer, outcomeOf } from '../refusals.ts';
import type { Asking, Settings, Who } from '../settings.ts';
import { SpendOnce } from '../spend-once.ts';
import { redeemStatements } from './redeem-sql.ts';

/** Body of `POST /v1/redemptions`; `ticket` is the transaction key of the sale that is paid with the points. */
export const redeeming = z.strictObject({
  memberId,
  points: positivePoints,
  ticket: z.string().regex(/^[A-Za-z0-9_.~-]{1,200}$/, 'a transaction key such as 12~3~2026-02-10~184').optional(),
});
export type Redeeming = z.output<typeof redeeming>;

/** Body of `…/cancel`; without points: all that is not cancelled yet. */
export const cancelling = z.strictObject({ points: positivePoints.optional() });
export type Cancelling = z.output<typeof cancelling>;

const WHOSE = `SELECT member_id FROM redemption.redemption WHERE tenant = $1 AND redemption_id = $2
  UNION ALL SELECT member_id FROM redemption.hold WHERE tenant = $1 AND hold_id = $2`;

/** Spends points at once, and gives them back when a sale is undone. */
export class RedeemPoints {
  private readonly once: SpendOnce<AskedRow<Asked>>;

  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly ledger: PointsLedger) {
    this.once = new SpendOnce(dataSource, settings.clock, redeemStatements);
  }

  /** The answer is kept for repetitions. Refusals: `memberNotFound`, `memberBlocked`, and the ledger's (`insufficientPoints`, …). */
  async redeem(request: Redeeming, asking: Asking): Promise<IdempotentAnswer> {
    const { who, key } = asking;
    const now = this.settings.clock.now();
    const redemptionId = derivedId(who.tenant, 'redemption', key);
    const { memberId: member, points, ticket } = request;
    const spend = { asking, id: redemptionId, memberId: member, points, extra: ticket ?? null };
    return this.once.run(spend, request, async (found): Promise<RedemptionAnswer> => {
      askedOrRefused(found, request);
      const done = accepted(await this.command(who, member,
        { type: 'RedeemPoints', commandId: redemptionId, occurredAt: now, redemptionId, points }));
      return {
        redemptionId, memberId: member, points,
        allocations: done.effect.allocations, ...balanceAnswer(done, this.settings.clock.now()),
      };
    });
  }

  /**
   * Gives back a redemption, or a captured hold by the hold's id, wholly or in part.
   * Refusals: `redemptionNotFound`, `cancelExceedsRedemption`.
   */
  async cancel(redemptionId: string, request: Cancelling, { who, key }: Asking): Promise<CancellationAnswer> {
    const [owner]: { member_id: string }[] = await this.dataSource.query(WHOSE, [who.tenant, redemptionId]);
    if (!owner) throw new Problem('redemptionNotFound', { redemptionId });
    const cancellationId = derivedId(who.tenant, 'cancellation', key);
    const done = accepted(await this.command(who, owner.member_id, {
      type: 'CancelRedemption', commandId: cancellationId, occurredAt: this.settings.clock.now(), redemptionId, cancellationId,
      points: request.points,
    }));
    return {
      redemptionId, memberId: owner.member_id, restored: done.effect.restored,
      allocations: done.effect.allocations, ...balanceAnswer(done, this.settings.clock.now()),
    };
  }

  private command(who: Who, member: string, command: PointsCommand): Promise<Outcome> {
    return outcomeOf(this.ledger.handle(this.settings.wallet(who.tenant, member), command));
  }
}
