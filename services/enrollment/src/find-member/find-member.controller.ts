import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { Caller, Documented, RequireScope, validated } from '@trebol/chassis';
import { z } from 'zod';
import { type Profile, profileAnswer } from '../answers.ts';
import { idInPath } from '../request-fields.ts';
import { FindMember } from './find-member.ts';
import { identifierQuery } from './identifier-query.ts';

const query = z.strictObject({ identifier: identifierQuery });

@Controller('v1/members')
export class FindMemberController {
  constructor(@Inject(FindMember) private readonly finding: FindMember) {}

  @Get()
  @RequireScope('members:read')
  @Documented({ summary: 'The member that an identifier names', answers: { 200: profileAnswer }, problems: ['memberNotFound'] })
  async byIdentifier(@Query(validated(query)) { identifier }: z.output<typeof query>, @Caller() caller: Caller): Promise<Profile> {
    return this.finding.byIdentifier(caller.tenant, identifier.kind, identifier.value);
  }

  @Get(':id')
  @RequireScope('members:read')
  @Documented({
    summary: 'A member: profile, identifiers, consents, status', answers: { 200: profileAnswer }, problems: ['memberNotFound'],
  })
  async byId(@Param('id', validated(idInPath)) id: string, @Caller() caller: Caller): Promise<Profile> {
    return this.finding.byId(caller.tenant, id);
  }
}
