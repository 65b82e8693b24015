import type { Explanation, Tender } from '@trebol/contracts';
import type { LotGrant } from '@trebol/points';
import type { CorrectionFaultCode } from './reasons.ts';
import type { RuleVersion } from './rule-set.ts';

/** A line as far as rating a sale looks at it. `amount` in minor units. */
export interface BasketLine {
  readonly line: number;
  readonly amount: number;
}

/** A line of which parts may go back. `quantity` in thousandths of a unit. */
export interface SoldLine extends BasketLine { readonly quantity: number }

/** What was bought and how it was paid. */
export interface Basket {
  readonly currency: string;
  readonly lines: readonly BasketLine[];
  readonly tenders?: readonly Tender[] | undefined;
}

/** A sale as rating sees it. */
export interface SaleFacts extends Basket {
  /** Transaction key: the source of its points. */
  readonly key: string;
  readonly businessDay: string;
  /** Milliseconds. */
  readonly occurredAt: number;
}

/** A lot and the rule that gave it. `pointType`: absent for the currency. */
export interface AwardedLot extends LotGrant {
  readonly rule: string;
  readonly pointType?: string;
}

/** A part of a lot that a return takes back. `pointType`: absent for the currency. */
export interface ReversedLot { readonly lotId: string; readonly points: number; readonly pointType?: string }

/** What a sale is worth. `points` is the sum over the lots of the currency; no lot is empty. */
export interface Award {
  readonly points: number;
  readonly lots: readonly AwardedLot[];
  readonly explanation: Explanation;
  /** Later last days for the points the member has already, because a purchase is activity: one for each type that slides. */
  readonly extensions?: readonly Extension[] | undefined;
}

/** A last day and the first instant after it, in milliseconds. `pointType`: absent for the currency. */
export interface Extension { readonly validThrough: string; readonly expiresAt: number; readonly pointType?: string }

/** A return or void as rating sees it; a void takes everything back and its lines are not looked at. `quantity` in thousandths of a unit. */
export interface CorrectionFacts {
  readonly key: string;
  readonly type: 'return' | 'void';
  readonly currency: string;
  readonly occurredAt: number;
  readonly lines: readonly { readonly originalLine?: number | undefined; readonly quantity: number }[];
}

/** A sale that is on record, with what it was given under the version that was recorded. */
export interface RatedSale extends Basket {
  readonly lines: readonly SoldLine[];
  readonly rules: RuleVersion;
  readonly lots: readonly { readonly rule: string; readonly lotId: string; readonly pointType?: string }[];
}

/** How much of which lots a return takes back, or why it cannot be. `points` are those of the currency. */
export type CorrectionDecision =
  | {
    readonly key: string; readonly status: 'reversed'; readonly points: number;
    readonly lots: readonly ReversedLot[]; readonly explanation: Explanation;
  }
  | { readonly key: string; readonly status: 'rejected'; readonly pointer: string; readonly reason: CorrectionFaultCode };

/** When a ticket reached us, and whether it was sent as history (exempt from lateness). */
export interface Receipt {
  /** Milliseconds. */
  readonly recordedAt: number;
  readonly history: boolean;
}

/** What a sale's worth depends on beside the sale. `lastActiveDay`: of the member's newest purchase, where expiry is by inactivity. */
export interface RatedUnder {
  readonly rules: RuleVersion;
  /** Milliseconds. */
  readonly recordedAt: number;
  readonly lastActiveDay?: string | undefined;
}

/** The pure rules of worth: same inputs, same result, for ever. */
export interface Rating {
  /** True when the ticket came more than the programme's days after its business day. */
  isTooOld(businessDay: string, receipt: Receipt, rules: RuleVersion): boolean;
  /** What a sale is worth. */
  rateSale(sale: SaleFacts, decided: RatedUnder): Award;
  /** What the waiting corrections of one sale take back, given those that were settled before. */
  rateCorrections(
    sale: RatedSale, settled: readonly CorrectionFacts[], waiting: readonly CorrectionFacts[],
  ): readonly CorrectionDecision[];
}
