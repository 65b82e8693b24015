/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { answered, Caller, Documented, IdempotencyKey, RequireScope, validated } from '@trebol/chassis';
import type { FastifyReply } from 'fastify';
import { type CaptureAnswer, type HoldAnswer, type ReleaseAnswer, captureAnswer, holdAnswer, releaseAnswer } from '../answers.ts';
import { idInPath } from '../id-in-path.ts';
import { Idempotent } from '../idempotent.ts';
import { askingProblems } from '../refusals.ts';
import { HoldPoints } from './hold-points.ts';
import { type Capturing, type Holding, capturing, holding, releasing } from './hold-requests.ts';

@Controller('v1/holds')
export class HoldPointsController {
  constructor(@Inject(HoldPoints) private readonly holds: HoldPoints, @Inject(Idempotent) private readonly idempotent: Idempotent) {}

  @Post()
  @RequireScope('points:spend')
  @Documented({
    summary: 'Set points aside for some minutes', answers: { 201: holdAnswer },
    problems: [
      'memberNotFound', 'memberBlocked', 'walletClosed', 'pointsNotSpendable', 'walletFrozen',
      'holdExpired', 'limitReached', 'insufficientPoints', ...askingProblems,
    ],
  })
  async place(
    @Body(validated(holding)) body: Holding, @IdempotencyKey() key: string, @Caller() who: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HoldAnswer> {
    return answered(reply, await this.holds.place(body, { who, key })) as HoldAnswer;
  }

  @Post(':id/capture')
  @RequireScope('points:spend')
  @Documented({
    summary: 'Spend a hold, wholly or in part', answers: { 200: captureAnswer },
    problems: ['walletClosed', 'walletFrozen', 'holdNotFound', 'holdClosed', 'holdExpired', 'captureExceedsHold', ...askingProblems],
  })
  async capture(
    @Param('id', validated(idInPath)) id: string, @Body(validated(capturing)) request: Capturing, @IdempotencyKey() key: string,
    @Caller() who: Caller, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CaptureAnswer> {
    return this.idempotent.answer({ operation: 'holds.capture', who, key, body: { id, ...request }, status: 200 }, reply,
      () => this.holds.capture(id, request, { who, key }));
  }

  @Post(':id/release')
  @RequireScope('points:spend')
  @Documented({
    summary: 'Let a hold go', answers: { 200: releaseAnswer },
    problems: ['holdNotFound', 'holdClosed', ...askingProblems],
  })
  async release(
    @Param('id', validated(idInPath)) id: string, @Body(validated(releasing)) _body: unknown, @IdempotencyKey() key: string,
    @Caller() who: Caller, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseAnswer> {
    return this.idempotent.answer({ operation: 'holds.release', who, key, body: { id }, status: 200 }, reply,
      () => this.holds.release(id, { who, key }));
  }
}
