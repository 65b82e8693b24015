import type { Calendar } from '@trebol/chassis';
import type { ExplanationStep } from '@trebol/contracts';
import { expiryOf, extensionOf, lotIdOf } from '@trebol/points';
import type { Award, AwardedLot, SaleFacts } from '../decision.ts';
import { type EarningRule, policyOf, type RuleVersion, slidingPolicyOf } from '../rule-set.ts';
import { eligibleOf, entitledTo, ratioIn } from './entitlement.ts';

/** A lot granted late can still be spent for this many days after it was recorded (`ledger.md` §4.2). */
export const LATE_LOT_DAYS_MIN = 30;

/** Inputs of a decision that are not on the ticket. `recordedAt` in milliseconds; the calendar is that of the programme's zone. */
export interface SaleContext {
  readonly rules: RuleVersion;
  readonly recordedAt: number;
  readonly calendar: Calendar;
  /** Day of the member's newest purchase, where the version's expiry asks for it. */
  readonly lastActiveDay?: string | undefined;
}

type LastDay = Pick<AwardedLot, 'expiresAt' | 'validThrough'>;
const NO_LOT: LastDay = { expiresAt: null, validThrough: null };

/** Last day of a lot: by the rule's expiry from the business day, or what late lots get if that is more; nulls: it never lapses. */
export function lastDayOf(rule: EarningRule, businessDay: string, context: SaleContext): LastDay {
  const { calendar, recordedAt } = context;
  const policy = policyOf(rule.lots.expiry);
  const day = policy.kind === 'inactivity' ? activeDay(businessDay, context) : businessDay;
  const byRule = expiryOf(policy, day, calendar);
  if (byRule.validThrough === null) return byRule;
  const atLeast = calendar.addDays(calendar.dayOf(recordedAt), LATE_LOT_DAYS_MIN);
  return byRule.validThrough < atLeast ? { validThrough: atLeast, expiresAt: calendar.endOfDay(atLeast) } : byRule;
}

/** A late ticket does not make its member less active than a newer one has. */
const activeDay = (businessDay: string, { lastActiveDay }: SaleContext): string =>
  lastActiveDay !== undefined && lastActiveDay > businessDay ? lastActiveDay : businessDay;

/** What the purchase gives the points that the member has already, under an expiry by inactivity. */
function extensionFor(businessDay: string, context: SaleContext): Award['extension'] {
  const policy = slidingPolicyOf(context.rules);
  return policy && extensionOf(policy, activeDay(businessDay, context), context.calendar);
}

/** What a sale is worth: one lot for each rule that gives something, and one step of explanation for each rule. */
export function rateSale(sale: SaleFacts, context: SaleContext): Award {
  const { rules } = context;
  const eligible = eligibleOf(sale);
  const lots: AwardedLot[] = [];
  const explanation: ExplanationStep[] = [];
  let points = 0;
  // A till whose clock is ahead must not make its member wait for the points.
  const availableFrom = Math.min(sale.occurredAt, context.recordedAt);
  for (const rule of rules.rules) {
    const ratio = ratioIn(rule, sale.currency);
    const granted = entitledTo(ratio, eligible);
    const lastDay = granted === 0 ? NO_LOT : lastDayOf(rule, sale.businessDay, context);
    explanation.push({
      kind: 'perAmount', rule: rule.id, version: rules.version, currency: sale.currency, eligible, ...ratio, granted,
      validThrough: lastDay.validThrough,
    });
    if (granted === 0) continue;
    points += granted;
    lots.push({
      rule: rule.id, lotId: lotIdOf({ kind: 'ticket', key: sale.key }, lots.length), points: granted,
      availableFrom, ...lastDay,
    });
  }
  const extension = extensionFor(sale.businessDay, context);
  return { points, lots, explanation, ...(extension === undefined ? {} : { extension }) };
}

/** True when the ticket came more than the programme's days after its business day and was not sent as history. */
export function isTooOld(
  businessDay: string, recordedDay: string, lateness: { readonly days: number; readonly calendar: Calendar },
): boolean {
  return recordedDay > lateness.calendar.addDays(businessDay, lateness.days);
}
