/**
 * Why a command was not accepted: one closed union. A decider checks in this order of precedence, after "already done":
 * the order of the members below.
 */
export type Refusal =
  | { readonly code: 'sourceConflict'; readonly source: string }
  /** `movedTo`: the member whose wallet took over in a merge. */
  | { readonly code: 'walletClosed'; readonly movedTo?: string }
  /** The wallet holds qualifying points: they count, and are never spent, held, sent, or taken for a fee. */
  | { readonly code: 'pointsNotSpendable' }
  | { readonly code: 'walletFrozen'; readonly mode: 'spending' | 'all' }
  | { readonly code: 'sourceNotFound'; readonly source: string }
  | { readonly code: 'holdNotFound'; readonly holdId: string }
  /** `captured`: points spent by it, where it was captured. A capture of other points is told so as early as `sourceConflict`. */
  | {
    readonly code: 'holdClosed'; readonly holdId: string; readonly state: 'captured' | 'released' | 'lapsed';
    readonly captured?: number;
  }
  | { readonly code: 'holdExpired'; readonly holdId: string; readonly expiresAt: number }
  | { readonly code: 'holdNotDue'; readonly holdId: string; readonly expiresAt: number }
  | { readonly code: 'captureExceedsHold'; readonly held: number; readonly requested: number }
  | { readonly code: 'reversalExceedsEarning'; readonly lotId: string; readonly left: number; readonly requested: number }
  | { readonly code: 'redemptionNotFound'; readonly redemptionId: string }
  | { readonly code: 'cancelExceedsRedemption'; readonly cancellable: number; readonly requested: number }
  | { readonly code: 'waiverExceedsFee'; readonly due: number; readonly requested: number }
  | { readonly code: 'freezeNotFound'; readonly freezeId: string }
  | { readonly code: 'transferNotFound'; readonly transferId: string }
  | { readonly code: 'walletNotEmpty'; readonly points: number; readonly debt: number; readonly feeDue: number }
  | { readonly code: 'senderInDebt'; readonly debt: number }
  | { readonly code: 'limitReached'; readonly limit: string; readonly max: number }
  | { readonly code: 'insufficientPoints'; readonly available: number; readonly requested: number };

export type RefusalCode = Refusal['code'];
