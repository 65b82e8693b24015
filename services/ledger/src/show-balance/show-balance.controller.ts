import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { type Calendar, Caller, Documented, Lang, type Language, RequireScope, validated } from '@trebol/chassis';
import type { WalletId } from '@trebol/points';
import type { z } from 'zod';
import { balanceAnswer, entriesAnswer, lotsAnswer } from './answers.ts';
import { entriesQuery, fromInstant, memberParam, readingQuery, toInstant } from './queries.ts';
import { type BalanceAnswer, type LotsAnswer, ShowBalance } from './show-balance.ts';
import { type EntriesAnswer, revisionOfCursor, ShowEntries } from './show-entries.ts';

/** What a path needs to know to name a wallet. */
export interface Programme {
  readonly programme: string;
  readonly pointType: string;
  readonly calendar: Calendar;
}
export const PROGRAMME = Symbol('Programme');

/** A member's points: what there is, in which lots, and how it came about. */
@Controller('v1/members/:id')
@RequireScope('points:read')
export class ShowBalanceController {
  constructor(
    @Inject(ShowBalance) private readonly balances: ShowBalance,
    @Inject(ShowEntries) private readonly statement: ShowEntries,
    @Inject(PROGRAMME) private readonly programme: Programme,
  ) {}

  @Get('balance')
  @Documented({ summary: 'What a member has, at a stated revision', answers: { 200: balanceAnswer } })
  balance(
    @Caller() caller: Caller, @Param('id', validated(memberParam)) member: string,
    @Query(validated(readingQuery)) query: z.infer<typeof readingQuery>,
  ): Promise<BalanceAnswer> {
    return this.balances.balance(this.wallet(caller, member), instantOf(query.asOf));
  }

  @Get('lots')
  @Documented({ summary: 'Open lots: how many points, from when, through which day', answers: { 200: lotsAnswer } })
  lots(
    @Caller() caller: Caller, @Param('id', validated(memberParam)) member: string,
    @Query(validated(readingQuery)) query: z.infer<typeof readingQuery>,
  ): Promise<LotsAnswer> {
    return this.balances.lots(this.wallet(caller, member), instantOf(query.asOf));
  }

  @Get('entries')
  @Documented({ summary: 'Movements, newest first, with reason, explanation and running balance', answers: { 200: entriesAnswer } })
  entries(
    @Param('id', validated(memberParam)) member: string, @Query(validated(entriesQuery)) query: z.infer<typeof entriesQuery>,
    @Caller() caller: Caller, @Lang() language: Language,
  ): Promise<EntriesAnswer> {
    const { calendar } = this.programme;
    return this.statement.list(this.wallet(caller, member), {
      from: query.from === undefined ? undefined : fromInstant(query.from, calendar),
      to: query.to === undefined ? undefined : toInstant(query.to, calendar),
      before: query.cursor === undefined ? undefined : revisionOfCursor(query.cursor),
      limit: query.limit,
    }, language);
  }

  private wallet(caller: Caller, member: string): WalletId {
    return { tenant: caller.tenant, programme: this.programme.programme, pointType: this.programme.pointType, member };
  }
}

const instantOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));
