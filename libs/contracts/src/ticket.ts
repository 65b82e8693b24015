import { z } from 'zod';
import { amount, currency, day, instant, localId, positivePoints } from './primitives.ts';
import { quantity, unitPrice } from './ticket-quantity.ts';

/** Most lines a ticket may have. The largest of the Online Retail log has 1,114. */
export const TICKET_LINES_MAX = 5_000;

/** What a shopper shows at the till. `member` is our own id; the others are looked up as tokens. */
export const identification = z.strictObject({
  kind: z.enum(['card', 'phone', 'email', 'member']),
  /** No control characters: a NUL cannot be stored, and the others are a scanner's fault. */
  value: z.string().min(1).max(254).regex(/^\P{Cc}*$/u, 'Must not hold control characters'),
});
export type Identification = z.infer<typeof identification>;

/** What names a ticket within a tenant, for ever, whatever way it came in (`earning.md` §1). */
export const transactionKeyParts = z.strictObject({
  storeId: localId, workstationId: localId, businessDay: day, sequence: localId,
});
export type TransactionKeyParts = z.infer<typeof transactionKeyParts>;

/** The key in one word, as used in paths and sources: `12~3~2026-02-10~184`. */
export const transactionKey = (parts: TransactionKeyParts): string =>
  `${parts.storeId}~${parts.workstationId}~${parts.businessDay}~${parts.sequence}`;

export const ticketLine = z.strictObject({
  line: z.int().min(1).max(1_000_000),
  sku: z.string().min(1).max(60),
  description: z.string().max(200).optional(),
  category: z.array(z.string().min(1).max(60)).max(10).optional(),
  /** Pieces, kilos, metres; what went back, for a return. */
  quantity,
  unitPrice: unitPrice.optional(),
  /** Minor units, tax included, after the line's discount. */
  amount,
  discount: amount.optional(),
  tax: amount.optional(),
  promotion: z.string().max(60).optional(),
  /** For a return: the line of the original ticket that comes back. */
  originalLine: z.int().min(1).max(1_000_000).optional(),
});
export type TicketLine = z.infer<typeof ticketLine>;

export const tender = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['cash', 'card', 'giftCard', 'other']), amount }),
  /** Paid with points: the money they stood for, and the points themselves. */
  z.strictObject({ kind: z.literal('points'), amount, points: positivePoints, redemptionId: z.string().max(80).optional() }),
]);
export type Tender = z.infer<typeof tender>;

/** The canonical ticket: the one shape every way in is turned into. Unknown fields are refused. */
export const ticket = z.strictObject({
  type: z.enum(['sale', 'return', 'void']),
  storeId: localId,
  workstationId: localId,
  businessDay: day,
  sequence: localId,
  occurredAt: instant,
  operatorId: z.string().max(60).optional(),
  currency,
  identification: identification.optional(),
  lines: z.array(ticketLine).min(1).max(TICKET_LINES_MAX),
  tenders: z.array(tender).max(20).optional(),
  original: transactionKeyParts.optional(),
});
export type Ticket = z.infer<typeof ticket>;

/** Where a ticket stands. `rated` is durable but not yet in the wallet; `posted` is. */
export const ticketStatus = z.enum(['rated', 'posted', 'noMember', 'awaitingOriginal', 'tooOld', 'duplicate', 'quarantined', 'rejected']);
export type TicketStatus = z.infer<typeof ticketStatus>;
