/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { Caller, Documented, IdempotencyKey, RequireScope, validated } from '@trebol/chassis';
import { memberId as memberIdShape } from '@trebol/contracts';
import type { FastifyReply } from 'fastify';
import { type ForfeitAnswer, forfeitAnswer } from '../answers.ts';
import { Idempotent } from '../idempotent.ts';
import { askingProblems } from '../refusals.ts';
import { type Forfeiting, ForfeitPoints, forfeiting } from './forfeit-points.ts';

@Controller('v1/wallets/:memberId/forfeit')
export class ForfeitPointsController {
  constructor(@Inject(ForfeitPoints) private readonly wallets: ForfeitPoints, @Inject(Idempotent) private readonly idempotent: Idempotent) {}

  @Post()
  @HttpCode(200)
  @RequireScope('wallets:forfeit')
  @Documented({
    summary: 'Take all points of a member who leaves, or who has cheated', answers: { 200: forfeitAnswer },
    problems: ['memberNotFound', 'walletClosed', ...askingProblems],
  })
  async forfeit(
    @Param('memberId', validated(memberIdShape)) memberId: string, @Body(validated(forfeiting)) body: Forfeiting,
    @IdempotencyKey() key: string, @Caller() who: Caller, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ForfeitAnswer> {
    return this.idempotent.answer({ operation: 'wallets.forfeit', who, key, body: { memberId, ...body }, status: 200 }, reply,
      () => this.wallets.forfeit(memberId, body, { who, key }));
  }
}
