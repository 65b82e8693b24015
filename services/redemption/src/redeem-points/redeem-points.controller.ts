/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { answered, Caller, Documented, IdempotencyKey, RequireScope, validated } from '@trebol/chassis';
import type { FastifyReply } from 'fastify';
import { type CancellationAnswer, type RedemptionAnswer, cancellationAnswer, redemptionAnswer } from '../answers.ts';
import { idInPath } from '../id-in-path.ts';
import { Idempotent } from '../idempotent.ts';
import { askingProblems } from '../refusals.ts';
import { type Cancelling, RedeemPoints, type Redeeming, cancelling, redeeming } from './redeem-points.ts';

@Controller('v1/redemptions')
export class RedeemPointsController {
  constructor(
    @Inject(RedeemPoints) private readonly redeeming: RedeemPoints,
    @Inject(Idempotent) private readonly idempotent: Idempotent,
  ) {}

  @Post()
  @RequireScope('points:spend')
  @Documented({
    summary: 'Spend points at once', answers: { 201: redemptionAnswer },
    problems: [
      'memberNotFound', 'memberBlocked', 'walletClosed', 'pointsNotSpendable', 'walletFrozen',
      'limitReached', 'insufficientPoints', ...askingProblems,
    ],
  })
  async redeem(
    @Body(validated(redeeming)) body: Redeeming, @IdempotencyKey() key: string, @Caller() who: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RedemptionAnswer> {
    return answered(reply, await this.redeeming.redeem(body, { who, key })) as RedemptionAnswer;
  }

  @Post(':id/cancel')
  @RequireScope('points:spend')
  @Documented({
    summary: 'Give a redemption or a captured hold back, wholly or in part', answers: { 200: cancellationAnswer },
    problems: ['walletClosed', 'walletFrozen', 'redemptionNotFound', 'cancelExceedsRedemption', 'limitReached', ...askingProblems],
  })
  async cancel(
    @Param('id', validated(idInPath)) id: string, @Body(validated(cancelling)) request: Cancelling, @IdempotencyKey() key: string,
    @Caller() who: Caller, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CancellationAnswer> {
    return this.idempotent.answer({ operation: 'redemptions.cancel', who, key, body: { id, ...request }, status: 200 }, reply,
      () => this.redeeming.cancel(id, request, { who, key }));
  }
}
