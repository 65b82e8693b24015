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

/** One way of earning. Points = floor(eligible × points ÷ per) over the whole ticket; `per` in minor units. */
export interface EarningRule {
  readonly id: string;
  readonly names: { readonly es: string; readonly en: string };
  readonly effect: { readonly perAmount: { readonly points: number; readonly per: number } };
  readonly lots: { readonly available: 'immediately'; readonly expiry: { readonly months: number } };
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
