/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Headers, Inject, Post, Res } from '@nestjs/common';
import { Caller, Documented, RequireScope, answered, validated } from '@trebol/chassis';
import type { FastifyReply } from 'fastify';
import { enrolledAnswer } from '../answers.ts';
import { invalidField } from '../problems.ts';
import { EnrollMember } from './enroll-member.ts';
import { type Enrolment, enrolment } from './plan-enrolment.ts';

/** As the chassis reads it where it is required: printable ASCII without spaces. */
const KEY = /^[\x21-\x7e]{1,255}$/;

@Controller('v1/members')
export class EnrollMemberController {
  constructor(@Inject(EnrollMember) private readonly enrolling: EnrollMember) {}

  @Post()
  @RequireScope('members:write')
  @Documented({ summary: 'Enrol a member; Idempotency-Key or externalId makes it repeatable', answers: { 201: enrolledAnswer } })
  async enroll(
    @Body(validated(enrolment)) body: Enrolment,
    @Headers('idempotency-key') key: string | undefined,
    @Caller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    if (key !== undefined && !KEY.test(key)) {
      throw invalidField('/header/Idempotency-Key', {
        es: 'de 1 a 255 caracteres ASCII imprimibles sin espacios', en: '1 to 255 printable ASCII characters without spaces',
      });
    }
    const { body: answer, replayed } = await this.enrolling.enroll(body, caller, key);
    return answered(reply, { status: 201, body: answer, replayed });
  }
}
