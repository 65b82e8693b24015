import { day, instant, memberId } from '@trebol/contracts';
import { z } from 'zod';

const points = z.int().min(0);
const allocations = z.array(z.strictObject({ lotId: z.string(), points })).readonly();

/** What every answer with a balance carries: the balance, and of when it is. */
const balance = {
  balance: z.strictObject({
    available: points, pending: points, held: points, debt: points, feeDue: points,
    expiring: z.array(z.strictObject({ validThrough: day, points })).readonly(),
  }),
  revision: z.int().min(0),
  asOf: instant,
};

/** Answer of `POST /v1/holds`. */
export const holdAnswer = z.strictObject({ holdId: z.string(), memberId, points, expiresAt: instant, allocations, ...balance });
export type HoldAnswer = z.output<typeof holdAnswer>;

/** Answer of `…/capture`: what was spent of the hold; the rest went back. */
export const captureAnswer = z.strictObject({ holdId: z.string(), memberId, captured: points, allocations, ...balance });
export type CaptureAnswer = z.output<typeof captureAnswer>;

/** Answer of `…/release`. */
export const releaseAnswer = z.strictObject({ holdId: z.string(), memberId, ...balance });
export type ReleaseAnswer = z.output<typeof releaseAnswer>;

/** Answer of `POST /v1/redemptions`. */
export const redemptionAnswer = z.strictObject({ redemptionId: z.string(), memberId, points, allocations, ...balance });
export type RedemptionAnswer = z.output<typeof redemptionAnswer>;

/** Answer of `…/cancel`: what was given back, and to which lots. */
export const cancellationAnswer = z.strictObject({ redemptionId: z.string(), memberId, restored: points, allocations, ...balance });
export type CancellationAnswer = z.output<typeof cancellationAnswer>;
