import { day, instant, memberId } from '@trebol/contracts';
import { z } from 'zod';

const figures = { available: z.int(), pending: z.int(), held: z.int(), debt: z.int(), feeDue: z.int() };

/** Shapes of the answers, for the OpenAPI document. */
const expiring = z.array(z.object({ validThrough: day, points: z.int() }));

export const balanceAnswer = z.object({
  memberId, ...figures, expiring, revision: z.int(), asOf: instant,
  /** What the member has of the programme's other types; absent where there are none, or one type was asked for. */
  others: z.array(z.object({
    pointType: z.string(), kind: z.enum(['spendable', 'qualifying']), ...figures, expiring, revision: z.int(),
  })).optional(),
});

export const lotsAnswer = z.object({
  memberId,
  lots: z.array(z.object({
    lotId: z.string(), source: z.string(), granted: z.int(), remaining: z.int(), held: z.int(),
    state: z.enum(['pending', 'available', 'expired', 'closed']), availableFrom: instant, validThrough: day.nullable(),
  })),
  revision: z.int(), asOf: instant,
});

export const entriesAnswer = z.object({
  memberId,
  entries: z.array(z.object({
    entryId: z.uuid(), revision: z.int(), kind: z.string(), reason: z.string(), points: z.int(), occurredAt: instant, recordedAt: instant,
    source: z.object({ kind: z.string(), key: z.string() }).optional(), explanation: z.array(z.string()), balance: z.object(figures),
  })),
  next: z.string().nullable(), revision: z.int(), asOf: instant.nullable(),
});
