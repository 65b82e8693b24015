/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { Caller, Documented, IdempotencyKey, RequireScope, validated } from '@trebol/chassis';
import type { FastifyReply } from 'fastify';
import { type TransferAnswer, transferAnswer } from '../answers.ts';
import { idInPath } from '../id-in-path.ts';
import { Idempotent } from '../idempotent.ts';
import { askingProblems } from '../refusals.ts';
import { TransferPoints, type Transferring, answering, transferring } from './transfer-points.ts';

@Controller('v1/transfers')
export class TransferPointsController {
  constructor(
    @Inject(TransferPoints) private readonly transfers: TransferPoints,
    @Inject(Idempotent) private readonly idempotent: Idempotent,
  ) {}

  @Post()
  @RequireScope('points:spend')
  @Documented({
    summary: 'Send points to another member, who has two weeks to accept', answers: { 201: transferAnswer },
    problems: [
      'memberNotFound', 'memberBlocked', 'walletClosed', 'pointsNotSpendable', 'walletFrozen',
      'senderInDebt', 'limitReached', 'insufficientPoints', ...askingProblems,
    ],
  })
  async send(
    @Body(validated(transferring)) body: Transferring, @IdempotencyKey() key: string, @Caller() who: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TransferAnswer> {
    return this.idempotent.answer({ operation: 'transfers.send', who, key, body, status: 201 }, reply,
      () => this.transfers.send(body, { who, key }));
  }

  @Post(':id/accept')
  @RequireScope('points:spend')
  @Documented({
    summary: 'Take the points of a transfer', answers: { 200: transferAnswer },
    problems: ['transferNotFound', 'transferClosed', 'memberBlocked', 'walletClosed', 'walletFrozen', 'limitReached', ...askingProblems],
  })
  async accept(
    @Param('id', validated(idInPath)) id: string, @Body(validated(answering)) _body: unknown, @IdempotencyKey() key: string,
    @Caller() who: Caller, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TransferAnswer> {
    return this.idempotent.answer({ operation: 'transfers.accept', who, key, body: { id }, status: 200 }, reply,
      () => this.transfers.accept(id, who));
  }

  @Post(':id/return')
  @RequireScope('points:spend')
  @Documented({
    summary: 'Give the points of a transfer back to the sender', answers: { 200: transferAnswer },
    problems: ['transferNotFound', 'transferClosed', 'walletClosed', 'walletFrozen', 'limitReached', ...askingProblems],
  })
  async giveBack(
    @Param('id', validated(idInPath)) id: string, @Body(validated(answering)) _body: unknown, @IdempotencyKey() key: string,
    @Caller() who: Caller, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TransferAnswer> {
    return this.idempotent.answer({ operation: 'transfers.return', who, key, body: { id }, status: 200 }, reply,
      () => this.transfers.giveBack(id, who));
  }
}
