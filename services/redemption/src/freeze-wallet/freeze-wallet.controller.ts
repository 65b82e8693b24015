/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Inject, Param, Post, Res } from '@nestjs/common';
import { Caller, Documented, IdempotencyKey, RequireScope, validated } from '@trebol/chassis';
import { memberId as memberIdShape } from '@trebol/contracts';
import type { FastifyReply } from 'fastify';
import { type FreezeAnswer, freezeAnswer } from '../answers.ts';
import { Idempotent } from '../idempotent.ts';
import { askingProblems } from '../refusals.ts';
import { FreezeWallet, type Freezing, type Unfreezing, freezing, unfreezing } from './freeze-wallet.ts';

@Controller('v1/wallets/:memberId')
export class FreezeWalletController {
  constructor(@Inject(FreezeWallet) private readonly wallets: FreezeWallet, @Inject(Idempotent) private readonly idempotent: Idempotent) {}

  @Post('freeze')
  @RequireScope('wallets:freeze')
  @Documented({
    summary: 'Stop a wallet, for instance while a fraud is looked into', answers: { 200: freezeAnswer },
    problems: ['memberNotFound', 'walletClosed', 'limitReached', ...askingProblems],
  })
  async freeze(
    @Param('memberId', validated(memberIdShape)) memberId: string, @Body(validated(freezing)) body: Freezing, @IdempotencyKey() key: string,
    @Caller() who: Caller, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FreezeAnswer> {
    return this.idempotent.answer({ operation: 'wallets.freeze', who, key, body: { memberId, ...body }, status: 200 }, reply,
      () => this.wallets.freeze(memberId, body, { who, key }));
  }

  @Post('unfreeze')
  @RequireScope('wallets:freeze')
  @Documented({
    summary: 'Lift a freeze', answers: { 200: freezeAnswer },
    problems: ['walletClosed', 'freezeNotFound', ...askingProblems],
  })
  async unfreeze(
    @Param('memberId', validated(memberIdShape)) memberId: string, @Body(validated(unfreezing)) body: Unfreezing,
    @IdempotencyKey() key: string, @Caller() who: Caller, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FreezeAnswer> {
    return this.idempotent.answer({ operation: 'wallets.unfreeze', who, key, body: { memberId, ...body }, status: 200 }, reply,
      () => this.wallets.unfreeze(memberId, body, who));
  }
}
