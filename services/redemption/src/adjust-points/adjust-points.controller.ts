/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { Caller, Documented, IdempotencyKey, RequireScope, validated } from '@trebol/chassis';
import type { FastifyReply } from 'fastify';
import { type AdjustmentAnswer, adjustmentDone, adjustmentWaits } from '../answers.ts';
import { idInPath } from '../id-in-path.ts';
import { Idempotent } from '../idempotent.ts';
import { askingProblems } from '../refusals.ts';
import { ADJUSTED_ALONE_MAX, AdjustPoints, type Adjusting, adjusting, approving } from './adjust-points.ts';

@Controller('v1/adjustments')
export class AdjustPointsController {
  constructor(@Inject(AdjustPoints) private readonly adjustments: AdjustPoints, @Inject(Idempotent) private readonly idempotent: Idempotent) {}

  @Post()
  @RequireScope('points:adjust')
  @Documented({
    summary: 'Give or take points by hand', answers: { 201: adjustmentDone, 202: adjustmentWaits },
    problems: ['memberNotFound', 'walletClosed', 'walletFrozen', 'limitReached', 'insufficientPoints', ...askingProblems],
  })
  async adjust(
    @Body(validated(adjusting)) body: Adjusting, @IdempotencyKey() key: string, @Caller() who: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AdjustmentAnswer> {
    const status = Math.abs(body.points) > ADJUSTED_ALONE_MAX ? 202 : 201;
    return this.idempotent.answer({ operation: 'adjustments.adjust', who, key, body, status }, reply,
      () => this.adjustments.adjust(body, { who, key }));
  }

  @Post(':id/approve')
  @RequireScope('points:approve')
  @Documented({
    summary: 'Approve an adjustment that another key asked for', answers: { 200: adjustmentDone },
    problems: ['adjustmentNotFound', 'sameApprover', 'walletClosed', 'walletFrozen', 'limitReached', 'insufficientPoints', ...askingProblems],
  })
  async approve(
    @Param('id', validated(idInPath)) id: string, @Body(validated(approving)) _body: unknown, @IdempotencyKey() key: string,
    @Caller() who: Caller, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AdjustmentAnswer> {
    return this.idempotent.answer({ operation: 'adjustments.approve', who, key, body: { id, by: who.keyId }, status: 200 }, reply,
      () => this.adjustments.approve(id, who));
  }
}
