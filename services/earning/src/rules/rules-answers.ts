import { instant } from '@trebol/contracts';
import { z } from 'zod';
import type { EarningRule, Programme } from '../rule-set.ts';
import { ruleSet } from './rule-file.ts';

/** A version of the rules. Instants are null where there was none yet; the default programme has none. */
const version = z.strictObject({
  version: z.int().min(1),
  sha: z.string().describe('fingerprint of what the rules say'),
  appliedAt: instant.nullable(),
  validFrom: instant.nullable(),
  programme: ruleSet.shape.programme as z.ZodType<Programme>,
  rules: ruleSet.shape.rules as z.ZodType<readonly EarningRule[]>,
});
export type ShownVersion = z.output<typeof version>;

/** Answer of `GET /v1/rules`. */
export const rulesAnswer = z.strictObject({
  inForce: z.int().min(1).describe('number of the version in force now'), versions: z.array(version.extend({ inForce: z.boolean() })),
});

/** Answer of `POST /v1/rules/versions`. */
export const appliedAnswer = version.extend({ status: z.enum(['applied', 'unchanged', 'wouldApply']) });

/** Answer of `…/activate`. */
export const activatedAnswer = version;
