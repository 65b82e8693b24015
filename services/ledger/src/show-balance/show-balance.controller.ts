import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import {
  calendarOf, Caller, Documented, Lang, type Language, otherTypesOf, Problem, type Programme, RequireScope, validated,
} from '@trebol/chassis';
import type { WalletId } from '@trebol/points';
import type { z } from 'zod';
import { balanceAnswer, entriesAnswer, lotsAnswer } from './answers.ts';
import { entriesQuery, fromInstant, memberParam, readingQuery, toInstant } from './queries.ts';
import { type BalanceAnswer, type LotsAnswer, ShowBalance } from './show-balance.ts';
import { type EntriesAnswer, revisionOfCursor, ShowEntries } from './show-entries.ts';

/** The programme: which wallets there are of a member, and when a day begins. */
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
  @Documented({ summary: 'What a member has, at a stated revision; of the currency, and beside it of the other types', answers: { 200: balanceAnswer } })
  balance(
    @Caller() caller: Caller, @Param('id', validated(memberParam)) member: string,
    @Query(validated(readingQuery)) query: z.infer<typeof readingQuery>,
  ): Promise<BalanceAnswer> {
    const wallet = this.wallet(caller, member, query.pointType);
    if (query.pointType !== undefined) return this.balances.balance(wallet, instantOf(query.asOf));
    return this.balances.balances(wallet, otherTypesOf(this.programme), instantOf(query.asOf));
  }

  @Get('lots')
  @Documented({ summary: 'Open lots: how many points, from when, through which day', answers: { 200: lotsAnswer } })
  lots(
    @Caller() caller: Caller, @Param('id', validated(memberParam)) member: string,
    @Query(validated(readingQuery)) query: z.infer<typeof readingQuery>,
  ): Promise<LotsAnswer> {
    return this.balances.lots(this.wallet(caller, member, query.pointType), instantOf(query.asOf));
  }

  @Get('entries')
  @Documented({ summary: 'Movements, newest first, with reason, explanation and running balance', answers: { 200: entriesAnswer } })
  entries(
    @Param('id', validated(memberParam)) member: string, @Query(validated(entriesQuery)) query: z.infer<typeof entriesQuery>,
    @Caller() caller: Caller, @Lang() language: Language,
  ): Promise<EntriesAnswer> {
    const calendar = calendarOf(this.programme.zone);
    return this.statement.list(this.wallet(caller, member, query.pointType), {
      from: query.from === undefined ? undefined : fromInstant(query.from, calendar),
      to: query.to === undefined ? undefined : toInstant(query.to, calendar),
      before: query.cursor === undefined ? undefined : revisionOfCursor(query.cursor),
      limit: query.limit,
    }, language);
  }

  /** Of the currency unless another type is named. Refusal: `invalidRequest` for a type the programme does not have. */
  private wallet(caller: Caller, member: string, pointType = this.programme.currency): WalletId {
    if (!this.programme.pointTypes.some(({ id }) => id === pointType)) {
      throw new Problem('invalidRequest', { errors: [{ pointer: '/query/pointType', message: UNKNOWN_TYPE }] });
    }
    return { tenant: caller.tenant, programme: this.programme.id, pointType, member };
  }
}

const UNKNOWN_TYPE = { es: 'El programa no tiene puntos de este tipo', en: 'The programme has no points of this type' } as const;

const instantOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));
