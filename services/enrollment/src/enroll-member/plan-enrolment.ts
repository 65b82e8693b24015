import { createHash } from 'node:crypto';
import { z } from 'zod';
import { issueCardNumber } from '../card-number.ts';
import { type Identifier, type Spelling, type Unusable, type WrittenIdentifier, spell } from '../identifiers.ts';
import { fields } from '../request-fields.ts';
import { normaliseReferralCode, referralCodeOf } from './referral-code.ts';

/** Body of `POST /v1/members`. */
export const enrolment = z.strictObject({
  externalId: fields.externalId.optional(),
  name: fields.name.optional(),
  email: fields.email.optional(),
  phone: fields.phone.optional(),
  birthDate: fields.birthDate.optional(),
  language: fields.language.optional(),
  homeStore: fields.homeStore.optional(),
  identifiers: fields.identifiers.optional(),
  consents: fields.consents.optional(),
  referralCode: z.string().min(1).max(30).transform(normaliseReferralCode).optional(),
});
export type Enrolment = z.output<typeof enrolment>;

/** What a request comes to, before anything is written. */
export interface EnrolmentPlan {
  readonly identifiers: readonly Identifier[];
  readonly email: string | null;
  readonly phone: string | null;
  /** True when no card was given: one is issued. */
  readonly issueCard: boolean;
  /** SHA-256 of the body as parsed: fields in one order, so a repetition has the same. */
  readonly hash: Buffer;
}

/** A field that cannot be used, by JSON pointer. */
export interface UnusableField { readonly pointer: string; readonly why: Unusable }

/**
 * Puts all that names the member into one spelling. The profile's e-mail and phone are identifiers too: a ticket may name them.
 * Answers with every field that cannot be used rather than the first. The same identifier given twice counts once.
 */
export function planEnrolment(request: Enrolment, how: Spelling): EnrolmentPlan | readonly UnusableField[] {
  const byToken = new Map<string, Identifier>();
  const byPointer = new Map<string, Identifier>();
  const unusable: UnusableField[] = [];
  for (const { pointer, identifier } of written(request)) {
    const spelled = spell(identifier, how);
    if (typeof spelled === 'string') unusable.push({ pointer, why: spelled });
    else {
      byToken.set(spelled.token, spelled);
      byPointer.set(pointer, spelled);
    }
  }
  if (unusable.length > 0) return unusable;
  const identifiers = [...byToken.values()];
  return {
    identifiers,
    email: byPointer.get('/email')?.value ?? null,
    phone: byPointer.get('/phone')?.value ?? null,
    issueCard: !identifiers.some(({ kind }) => kind === 'card'),
    hash: createHash('sha256').update(JSON.stringify(request)).digest(),
  };
}

function written(request: Enrolment): { pointer: string; identifier: WrittenIdentifier }[] {
  const { email, phone, identifiers = [] } = request;
  return [
    ...identifiers.map((identifier, index) => ({ pointer: `/identifiers/${index}/value`, identifier })),
    ...(email === undefined ? [] : [{ pointer: '/email', identifier: { kind: 'email' as const, value: email } }]),
    ...(phone === undefined ? [] : [{ pointer: '/phone', identifier: { kind: 'phone' as const, value: phone } }]),
  ];
}

/** What is drawn for a new member: the codes change with each attempt, because either may be taken already. */
export function drawCodes(memberId: string, attempt: number, cardPrefix: string): { referralCode: string; cardNumber: string } {
  const seed = `${memberId}\n${attempt}`;
  return { referralCode: referralCodeOf(seed), cardNumber: issueCardNumber(cardPrefix, seed) };
}
