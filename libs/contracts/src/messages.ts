import { z } from 'zod';
import { explanation } from './explanation.ts';
import { amount, currency, day, decimalText, instant, localId, memberId } from './primitives.ts';
import { ticketStatus } from './ticket.ts';

/** Current public state of a member, without personal data: identifiers are keyed tokens, never the values (`trebol.member.changed.v1`). */
export const memberChanged = z.strictObject({
  memberId,
  change: z.enum(['enrolled', 'profileChanged', 'identifierLinked', 'identifierBlocked', 'identifierReplaced', 'consentChanged', 'merged', 'blocked', 'erased']),
  status: z.enum(['active', 'blocked', 'merged', 'erased']),
  /** Grows by one with each change of the member; an older version never overwrites a newer one. */
  version: z.int().min(1),
  enrolledAt: instant,
  language: z.enum(['es', 'en']),
  homeStore: localId.optional(),
  identifiers: z.array(z.strictObject({ kind: z.enum(['card', 'phone', 'email']), token: z.string().length(43), status: z.enum(['active', 'blocked']) })).max(50),
  consents: z.array(z.strictObject({ purpose: z.string().max(60), channel: z.string().max(30), granted: z.boolean() })).max(50),
  birthMonth: z.int().min(1).max(12).optional(),
  mergedInto: memberId.optional(),
});
export type MemberChanged = z.infer<typeof memberChanged>;

/** A ticket with what it was worth, for analytics (`trebol.earning.ticket-rated.v1`). A later version of the same key replaces the earlier. */
export const ticketRated = z.strictObject({
  transactionKey: z.string(),
  /** 1 when first decided; grows when, for instance, a ticket without member is claimed. */
  version: z.int().min(1),
  type: z.enum(['sale', 'return', 'void']),
  status: ticketStatus,
  memberId: memberId.optional(),
  storeId: localId,
  zone: z.string(),
  businessDay: day,
  occurredAt: instant,
  currency,
  total: amount,
  pointsEarned: z.int().min(0),
  pointsReversed: z.int().min(0),
  originalKey: z.string().optional(),
  lines: z.array(z.strictObject({
    line: z.int(), sku: z.string(), category: z.array(z.string()).optional(),
    /** Whole units, rounded up where part of one was sold; then `quantityExact` says how much. */
    quantity: z.int(), quantityExact: decimalText.optional(), unitPrice: decimalText.optional(), amount,
  })),
});
export type TicketRated = z.infer<typeof ticketRated>;

/** What caused a ledger movement. `key` is unique within `kind` and tenant. */
export const source = z.strictObject({ kind: z.string().max(30), key: z.string().max(200) });

/** One ledger movement, mapped from a stored event (`trebol.points.entry.v1`). */
export const pointsEntry = z.strictObject({
  /** Id of the stored event. */
  entryId: z.uuid(),
  memberId,
  programme: z.string(),
  pointType: z.string(),
  revision: z.int().min(1),
  kind: z.string(),
  /** Change of what the member owns: positive when given, negative when taken, 0 when only set aside or let go. */
  points: z.int(),
  occurredAt: instant,
  recordedAt: instant,
  source: source.optional(),
  explanation: explanation.optional(),
  balance: z.strictObject({ available: z.int(), pending: z.int(), held: z.int(), debt: z.int(), feeDue: z.int() }),
});
export type PointsEntry = z.infer<typeof pointsEntry>;

/** Latest balance of a wallet as of a revision (`trebol.points.balance.v1`, compacted). */
export const pointsBalance = z.strictObject({
  memberId,
  programme: z.string(),
  pointType: z.string(),
  revision: z.int().min(0),
  asOf: instant,
  available: z.int(),
  pending: z.int(),
  held: z.int(),
  debt: z.int(),
  feeDue: z.int(),
  expiring: z.array(z.strictObject({ validThrough: day, points: z.int() })),
});
export type PointsBalance = z.infer<typeof pointsBalance>;
