import type { Calendar } from '@trebol/chassis';
import type { ExplanationStep } from '@trebol/contracts';
import { expiryOf, extensionOf, lotIdOf } from '@trebol/points';
import type { Award, AwardedLot, Extension, SaleFacts } from '../decision.ts';
import { type EarningRule, otherTypeOf, policyOf, type RuleVersion, slidingPoliciesOf } from '../rule-set.ts';
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
function extensionsFor(businessDay: string, context: SaleContext): Extension[] {
  return slidingPoliciesOf(context.rules).flatMap(({ pointType, policy }): Extension[] => {
    const extension = extensionOf(policy, activeDay(businessDay, context), context.calendar);
    return extension === undefined ? [] : [pointType === undefined ? extension : { ...extension, pointType }];
  });
}

const OF_CURRENCY: { readonly pointType?: string } = {};

/** Lots are counted within a wallet: the ids that the ledger writes follow from it. */
function nextOrdinal(lots: readonly AwardedLot[], pointType: string | undefined): number {
  let ordinal = 0;
  for (const lot of lots) if (lot.pointType === pointType) ordinal += 1;
  return ordinal;
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
    const pointType = otherTypeOf(rule, rules);
    const type = pointType === undefined ? OF_CURRENCY : { pointType };
    const granted = entitledTo(ratio, eligible);
    const lastDay = granted === 0 ? NO_LOT : lastDayOf(rule, sale.businessDay, context);
    explanation.push({
      kind: 'perAmount', rule: rule.id, version: rules.version, currency: sale.currency, eligible, ...ratio, granted,
      validThrough: lastDay.validThrough, ...type,
    });
    if (granted === 0) continue;
    if (pointType === undefined) points += granted;
    lots.push({
      rule: rule.id, lotId: lotIdOf({ kind: 'ticket', key: sale.key }, nextOrdinal(lots, pointType)), points: granted,
      availableFrom, ...lastDay, ...type,
    });
  }
  const extensions = extensionsFor(sale.businessDay, context);
  return { points, lots, explanation, ...(extensions.length === 0 ? {} : { extensions }) };
}

/** True when the ticket came more than the programme's days after its business day and was not sent as history. */
export function isTooOld(
  businessDay: string, recordedDay: string, lateness: { readonly days: number; readonly calendar: Calendar },
): boolean {
  return recordedDay > lateness.calendar.addDays(businessDay, lateness.days);
}
