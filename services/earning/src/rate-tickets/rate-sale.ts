import type { Calendar } from '@trebol/chassis';
import type { ExplanationStep } from '@trebol/contracts';
import { lotIdOf } from '@trebol/points';
import type { Award, AwardedLot, SaleFacts } from '../decision.ts';
import type { EarningRule, RuleVersion } from '../rule-set.ts';
import { eligibleOf, entitledTo } from './entitlement.ts';

/** A lot granted late can still be spent for this many days after it was recorded (`ledger.md` §4.2). */
export const LATE_LOT_DAYS_MIN = 30;

/** Inputs of a decision that are not on the ticket. `recordedAt` in milliseconds; the calendar is that of the programme's zone. */
export interface SaleContext {
  readonly rules: RuleVersion;
  readonly recordedAt: number;
  readonly calendar: Calendar;
}

/** Last day of a lot: business day plus the rule's months (clamped), or what late lots get if that is more. */
export function validThroughOf(rule: EarningRule, businessDay: string, context: SaleContext): string {
  const { calendar, recordedAt } = context;
  const byRule = calendar.addMonths(businessDay, rule.lots.expiry.months);
  const atLeast = calendar.addDays(calendar.dayOf(recordedAt), LATE_LOT_DAYS_MIN);
  return byRule < atLeast ? atLeast : byRule;
}

/** What a sale is worth: one lot for each rule that gives something, and one step of explanation for each rule. */
export function rateSale(sale: SaleFacts, context: SaleContext): Award {
  const { rules, calendar } = context;
  const eligible = eligibleOf(sale);
  const lots: AwardedLot[] = [];
  const explanation: ExplanationStep[] = [];
  let points = 0;
  for (const rule of rules.rules) {
    const granted = entitledTo(rule, eligible);
    const validThrough = granted === 0 ? null : validThroughOf(rule, sale.businessDay, context);
    const { points: ratio, per } = rule.effect.perAmount;
    explanation.push({
      kind: 'perAmount', rule: rule.id, version: rules.version, currency: sale.currency, eligible, points: ratio, per, granted,
      validThrough,
    });
    if (validThrough === null) continue;
    points += granted;
    lots.push({
      rule: rule.id, lotId: lotIdOf({ kind: 'ticket', key: sale.key }, lots.length), points: granted,
      availableFrom: sale.occurredAt, expiresAt: calendar.endOfDay(validThrough), validThrough,
    });
  }
  return { points, lots, explanation };
}

/** True when the ticket came more than the programme's days after its business day and was not sent as history. */
export function isTooOld(
  businessDay: string, recordedDay: string, lateness: { readonly days: number; readonly calendar: Calendar },
): boolean {
  return recordedDay > lateness.calendar.addDays(businessDay, lateness.days);
}
