import { day, instant, memberId } from '@trebol/contracts';
import { z } from 'zod';

const kind = z.enum(['card', 'phone', 'email']);
const status = z.enum(['active', 'blocked']);

/** An identifier as answered to those who may see it. */
export const identifierAnswer = z.strictObject({ kind, value: z.string(), status });

/** Answer of `POST /v1/members`. */
export const enrolledAnswer = z.strictObject({ memberId, identifiers: z.array(identifierAnswer), referralCode: z.string() });

/** Answer of `GET` and `PATCH /v1/members/{id}`; what is not known is left out. */
export const profileAnswer = z.strictObject({
  memberId,
  status: z.enum(['active', 'blocked', 'merged', 'erased']),
  version: z.int().min(1),
  enrolledAt: instant,
  changedAt: instant,
  /** The member who goes on, where this one was merged. */
  mergedInto: memberId.optional(),
  externalId: z.string().optional(),
  name: z.string().optional(),
  email: z.string().optional(),
  phone: z.string().optional(),
  birthDate: day.optional(),
  language: z.enum(['es', 'en']),
  homeStore: z.string().optional(),
  referralCode: z.string(),
  identifiers: z.array(identifierAnswer),
  consents: z.array(z.strictObject({
    purpose: z.string(), channel: z.string(), granted: z.boolean(), textVersion: z.string(), recordedAt: instant,
  })),
});
export type Profile = z.output<typeof profileAnswer>;

/** Answer of linking, blocking and replacing. */
export const linkAnswer = z.strictObject({ memberId, identifier: identifierAnswer, replaced: identifierAnswer.optional() });
export type LinkAnswer = z.output<typeof linkAnswer>;

/** Answer of `POST /v1/members/{id}/merge`. */
export const mergeAnswer = z.strictObject({ mergeId: z.string(), memberId, into: memberId });
export type MergeAnswer = z.output<typeof mergeAnswer>;
