import { calendarOf } from '@trebol/chassis';
import { currency, instant, prefixedId } from '@trebol/contracts';
import { z } from 'zod';

/** Longest look-back in days: a hundred years, which is no limit in practice and keeps arithmetic inside the calendar. */
const WINDOW_DAYS_MAX = 36_525;

/** Id of a run. */
export const runId = prefixedId('run');

/** `POST /v1/segmentation/runs`. */
export const runRequest = z.strictObject({
  asOf: instant,
  zone: z.string().max(60).refine(isZone, 'Must be an IANA time zone such as "Europe/Madrid"'),
  scoring: z.union([
    z.literal('type1Quintiles'),
    z.strictObject({ method: z.literal('type1Quintiles'), cutpointsOf: runId.optional() }),
  ]),
  map: z.string().min(1).max(40),
  window: z.union([z.literal('allTime'), z.strictObject({ days: z.int().min(1).max(WINDOW_DAYS_MAX) })]).default('allTime'),
  purchase: z.enum(['receipt', 'distinctDay']).default('receipt'),
  currency: currency.optional(),
});
export type RunRequest = z.output<typeof runRequest>;

function isZone(zone: string): boolean {
  try {
    calendarOf(zone);
    return true;
  } catch {
    return false;
  }
}
