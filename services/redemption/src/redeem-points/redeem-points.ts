import { type IdempotentAnswer, Problem } from '@trebol/chassis';
import { memberId, positivePoints } from '@trebol/contracts';
import type { Outcome, PointsCommand, PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { CancellationAnswer, RedemptionAnswer } from '../answers.ts';
import { type Asked, type AskedRow, askedAt, askedOrRefused } from '../ask.ts';
import { derivedId } from '../derived-id.ts';
import { onlyCurrency, pointTypeField } from '../point-type.ts';
import { RefusedByLedger, accepted, balanceAnswer, movedToOf, outcomeOf } from '../refusals.ts';
import type { Asking, Settings, Who } from '../settings.ts';
import { SpendOnce } from '../spend-once.ts';
import { CancelAfterMerge, cancelCommand, type Spent } from './cancel-after-merge.ts';
import { type Cancellation, CancellationRows } from './cancellation-rows.ts';
import { redeemStatements } from './redeem-sql.ts';

/** Body of `POST /v1/redemptions`; `ticket` is the transaction key of the sale that is paid with the points. */
export const redeeming = z.strictObject({
  memberId,
  points: positivePoints,
  pointType: pointTypeField,
  ticket: z.string().regex(/^[A-Za-z0-9_.~-]{1,200}$/, 'Must be a transaction key such as 12~3~2026-02-10~184').optional(),
});
export type Redeeming = z.output<typeof redeeming>;

/** Body of `…/cancel`; without points: all that is not cancelled yet. */
export const cancelling = z.strictObject({ points: positivePoints.optional() });
export type Cancelling = z.output<typeof cancelling>;

const WHOSE = `SELECT 'redemption' AS kind, member_id, points, created_at FROM redemption.redemption WHERE tenant = $1 AND redemption_id = $2
  UNION ALL SELECT 'hold', member_id, points, created_at FROM redemption.hold WHERE tenant = $1 AND hold_id = $2`;

interface Owner { readonly kind: 'redemption' | 'hold'; readonly member_id: string; readonly points: string; readonly created_at: Date }

/** What was given back, and to whom. */
interface Given { readonly memberId: string; readonly outcome: Extract<Outcome, { status: 'accepted' }>; readonly restored: number }

/** Spends points at once, and gives them back when a sale is undone. */
export class RedeemPoints {
  private readonly once: SpendOnce<AskedRow<Asked>>;
  private readonly rows: CancellationRows;
  private readonly merged: CancelAfterMerge;

  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly ledger: PointsLedger) {
    this.once = new SpendOnce(dataSource, settings.clock, redeemStatements);
    this.rows = new CancellationRows(dataSource);
    this.merged = new CancelAfterMerge(settings, ledger, this.rows);
  }

  /** The answer is kept for repetitions. Refusals: `memberNotFound`, `memberBlocked`, and the ledger's (`insufficientPoints`, …). */
  async redeem(request: Redeeming, asking: Asking): Promise<IdempotentAnswer> {
    onlyCurrency(this.settings, request.pointType);
    const { who, key } = asking;
    const redemptionId = derivedId(who.tenant, 'redemption', key);
    const { memberId: member, points, ticket } = request;
    const spend = { asking, id: redemptionId, memberId: member, points, extra: ticket ?? null };
    return this.once.run(spend, request, async (found): Promise<RedemptionAnswer> => {
      const occurredAt = askedAt(askedOrRefused(found, request));
      const done = accepted(await this.command(who, member,
        { type: 'RedeemPoints', commandId: redemptionId, occurredAt, redemptionId, points }));
      return {
        redemptionId, memberId: member, points,
        allocations: done.effect.allocations, ...balanceAnswer(done, this.settings.clock.now()),
      };
    });
  }

  /**
   * Gives back a redemption, or a captured hold by the hold's id, wholly or in part; to the wallet that took over where the member was
   * merged meanwhile.
   * Refusals: `redemptionNotFound`, `cancelExceedsRedemption`.
   */
  async cancel(redemptionId: string, request: Cancelling, { who, key }: Asking): Promise<CancellationAnswer> {
    const { clock } = this.settings;
    const [owner]: Owner[] = await this.dataSource.query(WHOSE, [who.tenant, redemptionId]);
    if (!owner) throw new Problem('redemptionNotFound', { redemptionId });
    const cancellationId = derivedId(who.tenant, 'cancellation', key);
    const name = { tenant: who.tenant, redemptionId, cancellationId };
    const asked = await this.rows.ask(name, { points: request.points, by: who.keyId, at: clock.now() });
    if (asked.points !== request.points) throw new Problem('idempotencyConflict');
    const spent: Spent = { kind: owner.kind, memberId: owner.member_id, points: Number(owner.points), at: owner.created_at.getTime() };
    const { memberId: member, outcome, restored } = await this.give(asked, spent, who);
    const { effect, ...wallet } = outcome;
    await this.rows.note(asked, { state: 'done', restored, at: clock.now() });
    return { redemptionId, memberId: member, restored, allocations: effect.allocations, ...balanceAnswer(wallet, clock.now()) };
  }

  /** In the wallet that spent the points, or in the one that took it over. What a wallet refuses is noted, so that it holds nothing back. */
  private async give(asked: Cancellation, spent: Spent, who: Who): Promise<Given> {
    try {
      const outcome = await this.command(who, spent.memberId, cancelCommand(asked));
      if (outcome.status !== 'refused' || movedToOf(outcome) === undefined) {
        const done = accepted(outcome);
        return { memberId: spent.memberId, outcome: done, restored: done.effect.restored };
      }
      const { plan, outcome: restored } = await this.merged.restore(asked, await this.merged.plan(asked, spent, outcome));
      const done = accepted(restored);
      return { memberId: plan.memberId, outcome: done, restored: plan.points };
    } catch (error) {
      if (error instanceof RefusedByLedger) await this.rows.note(asked, { state: 'refused', restored: 0, at: this.settings.clock.now() });
      throw error;
    }
  }

  private command(who: Who, member: string, command: PointsCommand): Promise<Outcome> {
    return outcomeOf(this.ledger.handle(this.settings.wallet(who.tenant, member), command));
  }
}
