import { Problem } from '@trebol/chassis';
import { memberId, positivePoints } from '@trebol/contracts';
import type { Outcome, PointsCommand, PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { CancellationAnswer, RedemptionAnswer } from '../answers.ts';
import { type Asked, type AskedRow, askedOrRefused } from '../ask.ts';
import { derivedId } from '../derived-id.ts';
import { accepted, balanceAnswer, outcomeOf } from '../refusals.ts';
import type { Asking, Settings, Who } from '../settings.ts';

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

// The intent, durable before the wallet is touched: whose redemption an id is can always be told. See `hold-points`.
const ASK = `WITH known AS (
  SELECT status FROM redemption.member WHERE tenant = $1 AND member_id = $3
), asked AS (
  INSERT INTO redemption.redemption AS r
    (tenant, redemption_id, member_id, points, ticket, state, created_at, created_by, changed_at, changed_by)
  SELECT $1, $2, $3, $4::bigint, $5, 'asked', $6::timestamptz, $7, $6::timestamptz, $7
  WHERE EXISTS (SELECT 1 FROM known WHERE status = 'active')
     OR EXISTS (SELECT 1 FROM redemption.redemption WHERE tenant = $1 AND redemption_id = $2 AND state <> 'refused')
  ON CONFLICT (tenant, redemption_id) DO UPDATE SET state = CASE WHEN r.state = 'refused' THEN 'asked' ELSE r.state END
  RETURNING member_id, points
)
SELECT known.status, asked.member_id, asked.points FROM (SELECT 1) AS one LEFT JOIN known ON true LEFT JOIN asked ON true`;

// The note may be lost in a crash: the stream knows better. So its commit does not wait for the disk.
const NOTE = `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
UPDATE redemption.redemption SET state = $3, changed_at = $4, changed_by = $5 FROM quick WHERE tenant = $1 AND redemption_id = $2`;

const WHOSE = `SELECT member_id FROM redemption.redemption WHERE tenant = $1 AND redemption_id = $2
  UNION ALL SELECT member_id FROM redemption.hold WHERE tenant = $1 AND hold_id = $2`;

/** Spends points at once, and gives them back when a sale is undone. */
export class RedeemPoints {
  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly ledger: PointsLedger) {}

  /** Refusals: `memberNotFound`, `memberBlocked`, and the ledger's (`insufficientPoints`, `walletFrozen`, …). */
  async redeem(request: Redeeming, who: Who, key: string): Promise<RedemptionAnswer> {
    const now = this.settings.clock.now();
    const redemptionId = derivedId(who.tenant, 'redemption', key);
    const { points } = request;
    const [found]: AskedRow<Asked>[] = await this.dataSource.query(ASK, [
      who.tenant, redemptionId, request.memberId, points, request.ticket ?? null, new Date(now), who.keyId,
    ]);
    askedOrRefused(found, request);
    const outcome = await this.command(who, request.memberId,
      { type: 'RedeemPoints', commandId: redemptionId, occurredAt: now, redemptionId, points });
    if (outcome.status !== 'unknown') await this.note(who, redemptionId, outcome.status === 'accepted' ? 'done' : 'refused');
    const done = accepted(outcome);
    return {
      redemptionId, memberId: request.memberId, points,
      allocations: done.effect.allocations, ...balanceAnswer(done, this.settings.clock.now()),
    };
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

  private async note(who: Who, redemptionId: string, state: 'done' | 'refused'): Promise<void> {
    await this.dataSource.query(NOTE, [who.tenant, redemptionId, state, new Date(this.settings.clock.now()), who.keyId]);
  }
}
