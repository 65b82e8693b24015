import { z } from 'zod';
import { type CrashPlan, parseCrashPlan } from './crash-points.ts';

/** For crash tests only: where this process kills itself (`TREBOL_TEST_CRASH_AT=after-append:3`). */
export const crashVariable = z.object({
  TREBOL_TEST_CRASH_AT: z.string().transform((text, context): CrashPlan => {
    try {
      return parseCrashPlan(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as RangeError).message });
      return z.NEVER;
    }
  }).optional(),
});
