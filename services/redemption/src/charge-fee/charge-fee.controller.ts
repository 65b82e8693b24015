/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { Caller, Documented, IdempotencyKey, RequireScope, validated } from '@trebol/chassis';
import { memberId as memberIdShape } from '@trebol/contracts';
import type { FastifyReply } from 'fastify';
import { type FeeAnswer, feeAnswer, type WaiverAnswer, waiverAnswer } from '../answers.ts';
import { Idempotent } from '../idempotent.ts';
import { askingProblems } from '../refusals.ts';
import { ChargeFee, type Charging, charging, type Waiving, waiving } from './charge-fee.ts';

@Controller('v1/wallets/:memberId/fee')
export class ChargeFeeController {
  constructor(@Inject(ChargeFee) private readonly fees: ChargeFee, @Inject(Idempotent) private readonly idempotent: Idempotent) {}

  @Post()
  @HttpCode(201)
  @RequireScope('wallets:fee')
  @Documented({
    summary: 'Charge the fee for a card in points', answers: { 201: feeAnswer },
    problems: ['memberNotFound', 'walletClosed', 'walletFrozen', 'limitReached', ...askingProblems],
  })
  async charge(
    @Param('memberId', validated(memberIdShape)) memberId: string, @Body(validated(charging)) body: Charging, @IdempotencyKey() key: string,
    @Caller() who: Caller, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FeeAnswer> {
    return this.idempotent.answer({ operation: 'wallets.fee', who, key, body: { memberId, ...body }, status: 201 }, reply,
      () => this.fees.charge(memberId, body, { who, key }));
  }

  @Post('waive')
  @RequireScope('wallets:fee')
  @Documented({
    summary: 'Let go of a fee that is due, wholly or in part', answers: { 200: waiverAnswer },
    problems: ['memberNotFound', 'walletClosed', 'walletFrozen', 'waiverExceedsFee', 'limitReached', ...askingProblems],
  })
  async waive(
    @Param('memberId', validated(memberIdShape)) memberId: string, @Body(validated(waiving)) body: Waiving, @IdempotencyKey() key: string,
    @Caller() who: Caller, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WaiverAnswer> {
    return this.idempotent.answer({ operation: 'wallets.waiveFee', who, key, body: { memberId, ...body }, status: 200 }, reply,
      () => this.fees.waive(memberId, body, { who, key }));
  }
}
