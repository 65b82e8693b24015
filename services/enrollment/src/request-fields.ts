import { day, localId } from '@trebol/contracts';
import { z } from 'zod';

/** Identifiers given in one request; a member may have more over time (`IDENTIFIERS_PER_MEMBER_MAX`). */
const IDENTIFIERS_PER_REQUEST_MAX = 10;
/** Questions of consent a form asks at once. */
const CONSENTS_PER_REQUEST_MAX = 50;
/** The message `trebol.member.changed.v1` carries no more of them. */
export const IDENTIFIERS_PER_MEMBER_MAX = 50;
/** The message `trebol.member.changed.v1` carries no more of them: purposes × channels. */
export const CONSENTS_PER_MEMBER_MAX = 50;

/** One line of text: no control characters (PostgreSQL cannot store the null character). */
const line = (charactersMax: number) => z.string().trim().min(1).max(charactersMax).regex(/^\P{Cc}*$/u, 'Must not hold control characters');

/** The id in a path. Its form is not checked further: what is no id of ours is simply not found. */
export const idInPath = z.string().regex(/^[\x21-\x7e]{1,80}$/);

/** Fields that enrolment and a change of profile share. Values are normalised later; here only their shape counts. */
export const writtenIdentifier = z.strictObject({
  kind: z.enum(['card', 'phone', 'email']),
  value: line(254),
});
export const givenConsent = z.strictObject({
  purpose: line(60),
  channel: line(30),
  granted: z.boolean(),
  textVersion: line(60),
});
export type GivenConsent = z.infer<typeof givenConsent>;

export const fields = {
  reason: line(60),
  externalId: line(80),
  name: line(200),
  email: line(254),
  phone: line(40),
  birthDate: day,
  language: z.enum(['es', 'en']),
  homeStore: localId,
  identifiers: z.array(writtenIdentifier).max(IDENTIFIERS_PER_REQUEST_MAX),
  consents: z.array(givenConsent).max(CONSENTS_PER_REQUEST_MAX),
};
