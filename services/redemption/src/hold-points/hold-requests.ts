import { memberId, positivePoints } from '@trebol/contracts';
import { HOLD_MINUTES_MAX } from '@trebol/points';
import { z } from 'zod';
import { pointTypeField } from '../point-type.ts';

/** How long a hold stands when the till names no time: a queue and a card terminal, with room. */
export const HOLD_MINUTES_DEFAULT = 15;

/** Body of `POST /v1/holds`. */
export const holding = z.strictObject({
  memberId, points: positivePoints, pointType: pointTypeField, minutes: z.int().min(1).max(HOLD_MINUTES_MAX).default(HOLD_MINUTES_DEFAULT),
});
export type Holding = z.output<typeof holding>;

/** Body of `…/capture`; without points: all that is held. */
export const capturing = z.strictObject({ points: positivePoints.optional() });
export type Capturing = z.output<typeof capturing>;

/** Body of `…/release`. */
export const releasing = z.strictObject({}).optional();
