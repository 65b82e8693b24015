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

/** Answer of `POST /v1/transfers` and of its answers; the balance is the sender's, or the recipient's after `…/accept`. */
export const transferAnswer = z.strictObject({
  transferId: z.string(), status: z.enum(['asked', 'refused', 'sent', 'accepting', 'returning', 'accepted', 'returned']),
  from: memberId, to: memberId, points, lapsesAt: instant, reason: z.enum(['returned', 'lapsed', 'recipientClosed']).optional(), ...balance,
});
export type TransferAnswer = z.output<typeof transferAnswer>;

/** Answer of `POST /v1/adjustments` and of its approval; above the limit it waits and there is no balance to tell. */
export const adjustmentWaits = z.strictObject({
  adjustmentId: z.string(), memberId, points: z.int(), status: z.literal('awaitingApproval'),
});
export const adjustmentDone = z.strictObject({
  adjustmentId: z.string(), memberId, points: z.int(), status: z.literal('done'), ...balance,
});
export type AdjustmentAnswer = z.output<typeof adjustmentWaits> | z.output<typeof adjustmentDone>;

/** Answer of `POST /v1/wallets/{memberId}/fee`: what was charged, and the part that available points paid at once; the rest is due. */
export const feeAnswer = z.strictObject({ feeId: z.string(), memberId, charged: points, paid: points, ...balance });
export type FeeAnswer = z.output<typeof feeAnswer>;

/** Answer of `…/fee/waive`: the part of what was due that is let go of. */
export const waiverAnswer = z.strictObject({ waiverId: z.string(), memberId, waived: points, ...balance });
export type WaiverAnswer = z.output<typeof waiverAnswer>;

/** Answer of `…/forfeit`: what was lost, by type of points, and the balance of the currency. */
export const forfeitAnswer = z.strictObject({
  forfeitId: z.string(), memberId, forfeited: z.array(z.strictObject({ pointType: z.string(), points })).readonly(), ...balance,
});
export type ForfeitAnswer = z.output<typeof forfeitAnswer>;

/** Answer of `POST /v1/wallets/{memberId}/freeze` and `…/unfreeze`. */
export const freezeAnswer = z.strictObject({ freezeId: z.string(), memberId, ...balance });
export type FreezeAnswer = z.output<typeof freezeAnswer>;
