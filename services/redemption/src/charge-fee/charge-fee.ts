import { positivePoints } from '@trebol/contracts';
import { FEE_POINTS_MAX, type Outcome, type PointsCommand, type PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { FeeAnswer, WaiverAnswer } from '../answers.ts';
import { derivedId } from '../derived-id.ts';
import { firstAskedAt } from '../first-ask.ts';
import { accepted, balanceAnswer, outcomeOf } from '../refusals.ts';
import type { Asking, Settings, Who } from '../settings.ts';

/** Body of `…/fee`: whole points of the currency. */
export const charging = z.strictObject({ points: positivePoints.max(FEE_POINTS_MAX) });
export type Charging = z.output<typeof charging>;

/** Body of `…/fee/waive`; without points: all that is due. */
export const waiving = z.strictObject({ points: positivePoints.max(FEE_POINTS_MAX).optional() });
export type Waiving = z.output<typeof waiving>;

/**
 * The fee for a card, in points of the currency: what is available pays at once, the rest is due and paid by what is earned later. It never
 * becomes debt.
 */
export class ChargeFee {
  constructor(readonly settings: Settings, readonly dataSource: DataSource, private readonly ledger: PointsLedger) {}

  /** Refusals: `memberNotFound`, `walletClosed`, `walletFrozen`, `limitReached`. */
  async charge(memberId: string, { points }: Charging, { who, key }: Asking): Promise<FeeAnswer> {
    const feeId = derivedId(who.tenant, 'fee', key);
    const header = await this.header(memberId, feeId, who);
    const done = await this.ask(memberId, who, { type: 'ChargeCardFee', ...header, source: { kind: 'cardFee', key: feeId }, points });
    const { feeCharged = 0, feeRecovered } = done.effect;
    return { feeId, memberId, charged: feeCharged, paid: feeRecovered, ...balanceAnswer(done, this.settings.clock.now()) };
  }

  /** Lets go of what is due, not of what was paid. Refusals: `memberNotFound`, `waiverExceedsFee`, `walletClosed`, `walletFrozen`. */
  async waive(memberId: string, { points }: Waiving, { who, key }: Asking): Promise<WaiverAnswer> {
    const waiverId = derivedId(who.tenant, 'waiver', key);
    const done = await this.ask(memberId, who, {
      type: 'WaiveCardFee', ...await this.header(memberId, waiverId, who), source: { kind: 'cardFeeWaiver', key: waiverId }, points,
    });
    return { waiverId, memberId, waived: done.effect.feeWaived ?? 0, ...balanceAnswer(done, this.settings.clock.now()) };
  }

  private async header(memberId: string, commandId: string, who: Who): Promise<{ readonly commandId: string; readonly occurredAt: number }> {
    return { commandId, occurredAt: await firstAskedAt(this, { commandId, memberId }, who) };
  }

  private async ask(memberId: string, { tenant }: Who, command: PointsCommand): Promise<Extract<Outcome, { status: 'accepted' }>> {
    return accepted(await outcomeOf(this.ledger.handle(this.settings.wallet(tenant, memberId), command)));
  }
}
