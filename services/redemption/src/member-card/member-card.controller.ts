import { Controller, Get, Inject, Query } from '@nestjs/common';
import { Caller, Documented, RequireScope, validated } from '@trebol/chassis';
import { z } from 'zod';
import { FindCard, shownIdentifier } from './find-card.ts';
import { type MemberCard, memberCardAnswer } from './member-card.ts';

const query = z.strictObject({ identifier: shownIdentifier });

@Controller('v1/till/member-card')
export class MemberCardController {
  constructor(@Inject(FindCard) private readonly cards: FindCard) {}

  @Get()
  @RequireScope('till:read')
  @Documented({
    summary: 'What a till shows and says when a member shows a card', answers: { 200: memberCardAnswer },
    problems: ['memberNotFound', 'memberBlocked', 'cardBlocked'],
  })
  async show(@Query(validated(query)) { identifier }: z.output<typeof query>, @Caller() caller: Caller): Promise<MemberCard> {
    return this.cards.find(caller.tenant, identifier);
  }
}
