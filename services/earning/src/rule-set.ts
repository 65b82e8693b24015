import type { ExpiryPolicy, ReversalPolicy } from '@trebol/points';
import type { ClientBase } from 'pg';

/**
 * What holds for every rule of a version. Days are local days of `zone`; `pointValue.amount` is in minor units. `pointType` is the currency.
 * Point types, `reversalPolicy` and `returnWindowDays` say what the version counts on: `rules/programme-fit.ts` holds them against the
 * settings that all processes obey.
 */
export interface Programme {
  readonly id: string;
  readonly pointType: string;
  readonly zone: string;
  readonly returnWindowDays: number;
  readonly latenessDays: number;
  readonly reversalPolicy: ReversalPolicy;
  readonly pointValue: { readonly points: number; readonly amount: number };
}

/**
 * How long the points of a rule live (`libs/points`, `ExpiryPolicy`): so many months; to the end of a month; to a day of the year
 * (`MM-DD`) that leaves at least so many days; so many months after the last purchase; for ever.
 */
export type RuleExpiry =
  | { readonly months: number }
  | { readonly endOfMonth: number }
  | { readonly dates: readonly string[]; readonly minimumDays: number }
  | { readonly inactivity: number }
  | 'never';

/** The ledger's word for a rule's expiry. */
export function policyOf(expiry: RuleExpiry): ExpiryPolicy {
  if (expiry === 'never') return { kind: 'never' };
  if ('months' in expiry) return { kind: 'months', months: expiry.months };
  if ('endOfMonth' in expiry) return { kind: 'endOfMonth', months: expiry.endOfMonth };
  if ('dates' in expiry) return { kind: 'dates', ...expiry };
  return { kind: 'inactivity', months: expiry.inactivity };
}

/** The type a rule gives, where it is not the currency. */
export function otherTypeOf({ lots }: EarningRule, { programme }: RuleSet): string | undefined {
  return lots.pointType === programme.pointType ? undefined : lots.pointType;
}

/** A policy by which every purchase gives all points of a type a later last day. `pointType`: absent for the currency. */
export interface SlidingPolicy { readonly pointType: string | undefined; readonly policy: ExpiryPolicy }

const NOTHING_SLIDES: readonly SlidingPolicy[] = [];

/** The sliding policies of a version, one for each type that has one: all rules that give a type have it, or none does. */
export function slidingPoliciesOf(ruleSet: RuleSet): readonly SlidingPolicy[] {
  let sliding = NOTHING_SLIDES;
  for (const rule of ruleSet.rules) {
    const { expiry } = rule.lots;
    if (typeof expiry !== 'object' || !('inactivity' in expiry)) continue;
    const pointType = otherTypeOf(rule, ruleSet);
    if (sliding.some((known) => known.pointType === pointType)) continue;
    sliding = [...sliding, { pointType, policy: policyOf(expiry) }];
  }
  return sliding;
}

/**
 * One way of earning. Points = floor(eligible × points ÷ per) over the whole ticket; `per` in hundredths of a whole unit of the ticket's
 * currency.
 */
export interface EarningRule {
  readonly id: string;
  readonly names: { readonly es: string; readonly en: string };
  readonly effect: { readonly perAmount: { readonly points: number; readonly per: number } };
  /** `pointType`: what the points are of; absent: the currency. */
  readonly lots: { readonly available: 'immediately'; readonly expiry: RuleExpiry; readonly pointType?: string | undefined };
}

/** What a rule file says. */
export interface RuleSet {
  readonly programme: Programme;
  readonly rules: readonly EarningRule[];
}

/** A rule set that will never change again, with its number. */
export interface RuleVersion extends RuleSet {
  readonly version: number;
}

/** All versions of a tenant. */
export interface RuleBook {
  /** The version in force at an instant (milliseconds). */
  inForceAt(instant: number): RuleVersion;
  /** A version by its number; throws when there is none, because recorded tickets only name versions that exist. */
  version(number: number): RuleVersion;
}

/** Where the rule book of a tenant is found; the client is that of the transaction which will use it. */
export interface RuleBooks {
  bookOf(tenant: string, client: ClientBase): Promise<RuleBook>;
}
