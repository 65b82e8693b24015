import type { ExpiryPolicy } from '@trebol/points';
import type { ClientBase } from 'pg';

/** What holds for every rule of a version. Days are local days of `zone`; `pointValue.amount` is in minor units. */
export interface Programme {
  readonly id: string;
  readonly pointType: string;
  readonly zone: string;
  readonly returnWindowDays: number;
  readonly latenessDays: number;
  readonly reversalPolicy: 'unlimited';
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

/** The policy by which every purchase gives all points of a member a later last day: all rules of a version have it, or none does. */
export function slidingPolicyOf({ rules }: RuleSet): ExpiryPolicy | undefined {
  const [first] = rules;
  return first !== undefined && typeof first.lots.expiry === 'object' && 'inactivity' in first.lots.expiry
    ? policyOf(first.lots.expiry) : undefined;
}

/**
 * One way of earning. Points = floor(eligible × points ÷ per) over the whole ticket; `per` in hundredths of a whole unit of the ticket's
 * currency.
 */
export interface EarningRule {
  readonly id: string;
  readonly names: { readonly es: string; readonly en: string };
  readonly effect: { readonly perAmount: { readonly points: number; readonly per: number } };
  readonly lots: { readonly available: 'immediately'; readonly expiry: RuleExpiry };
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
