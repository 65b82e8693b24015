/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Inject, Post, Res } from '@nestjs/common';
import { Caller, Documented, OptionalIdempotencyKey, RequireScope, answered, validated } from '@trebol/chassis';
import type { FastifyReply } from 'fastify';
import { enrolledAnswer } from '../answers.ts';
import { EnrollMember } from './enroll-member.ts';
import { type Enrolment, enrolment } from './plan-enrolment.ts';

@Controller('v1/members')
export class EnrollMemberController {
  constructor(@Inject(EnrollMember) private readonly enrolling: EnrollMember) {}

  @Post()
  @RequireScope('members:write')
  @Documented({
    summary: 'Enrol a member; Idempotency-Key or externalId makes it repeatable', answers: { 201: enrolledAnswer },
    problems: ['identifierTaken', 'externalIdTaken'],
  })
  async enroll(
    @Body(validated(enrolment)) body: Enrolment,
    @OptionalIdempotencyKey() key: string | undefined,
    @Caller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const { body: answer, replayed } = await this.enrolling.enroll(body, caller, key);
    return answered(reply, { status: 201, body: answer, replayed });
  }
}
