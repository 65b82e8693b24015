import type { BooksEvent } from './books/events-of-books.ts';
import type { Source } from './commands.ts';
import type { CareEvent } from './events-of-care.ts';
import type { MovingEvent } from './events-of-moving.ts';
import type { Fingerprint } from './identity.ts';

/**
 * The stored events of a wallet: private to this lib, never removed, never changed in meaning. Others see `describeEvent`.
 * A new version of an event is read through the upcaster of its codec; replay folds allocations and never decides again (G8).
 */
export interface Recorded {
  /** When the business fact happened; for what fell due, the instant it fell due. Milliseconds. */
  readonly occurredAt: number;
  /** The instant the decision was taken at. Milliseconds. */
  readonly recordedAt: number;
}

/** Points of one lot: taken, held, given back. Always at least 1. */
export interface Allocation {
  readonly lotId: string;
  readonly points: number;
}

export interface GrantedLot {
  readonly lotId: string;
  readonly points: number;
  readonly availableFrom: number;
  readonly expiresAt: number | null;
  readonly validThrough: string | null;
}

/** How much of a lot's entitlement a correction took away, and how much of that had expired already and is asked from nobody. */
export interface LostEntitlement {
  readonly lotId: string;
  readonly points: number;
  readonly alreadyExpired: number;
}

/** A validity given to points that came back after their lot had lapsed. */
export interface Validity {
  readonly expiresAt: number;
  readonly validThrough: string;
}

export interface RestoredAllocation extends Allocation {
  /** Set when the lot had lapsed: it now lives until then. */
  readonly extendedTo: Validity | null;
}

/** What points that became free paid before anybody could spend them: debt first, then the fee due. */
export interface Owed {
  readonly debtRepaid: readonly Allocation[];
  readonly feeRecovered: readonly Allocation[];
}

export interface WalletOpened extends Recorded { readonly type: 'WalletOpened' }

export interface PointsEarned extends Recorded, Owed {
  readonly type: 'PointsEarned';
  readonly source: Source;
  readonly content: Fingerprint;
  readonly lots: readonly GrantedLot[];
  readonly explanation: string;
}

export interface PointsReversed extends Recorded {
  readonly type: 'PointsReversed';
  readonly source: Source;
  readonly correction: Source;
  readonly content: Fingerprint;
  readonly lots: readonly LostEntitlement[];
  readonly taken: readonly Allocation[];
  /** Fee that was paid and is due again, because the points that paid it are gone. Before any debt. */
  readonly feeReturned: number;
  readonly debtIncurred: number;
  readonly explanation: string;
}

export interface HoldPlaced extends Recorded {
  readonly type: 'HoldPlaced';
  readonly holdId: string;
  readonly expiresAt: number;
  readonly allocations: readonly Allocation[];
}

export interface HoldCaptured extends Recorded, Owed {
  readonly type: 'HoldCaptured';
  readonly holdId: string;
  readonly spent: readonly Allocation[];
  readonly returned: readonly Allocation[];
}

export interface HoldReleased extends Recorded, Owed {
  readonly type: 'HoldReleased';
  readonly holdId: string;
  readonly reason: 'released' | 'lapsed';
  readonly returned: readonly Allocation[];
}

export interface PointsRedeemed extends Recorded {
  readonly type: 'PointsRedeemed';
  readonly redemptionId: string;
  readonly allocations: readonly Allocation[];
}

export interface RedemptionCancelled extends Recorded, Owed {
  readonly type: 'RedemptionCancelled';
  readonly redemptionId: string;
  readonly cancellationId: string;
  /** As it was asked for; null: all that was left. */
  readonly requested: number | null;
  readonly restored: readonly RestoredAllocation[];
}

export interface PointsExpired extends Recorded {
  readonly type: 'PointsExpired';
  readonly lotId: string;
  readonly points: number;
  readonly expiresAt: number;
  /** What this lot had lost to time before: points that come back from a hold may expire a second time, and that is another event. */
  readonly expiredBefore: number;
}

export interface PointsActivated extends Recorded, Owed {
  readonly type: 'PointsActivated';
  readonly lotId: string;
}

export type WalletEvent =
  | WalletOpened | PointsEarned | PointsReversed | HoldPlaced | HoldCaptured | HoldReleased
  | PointsRedeemed | RedemptionCancelled | PointsExpired | PointsActivated
  | CareEvent | MovingEvent | BooksEvent;

export type WalletEventType = WalletEvent['type'];

/** Points of a list of allocations together. */
export function sumOf(allocations: readonly { readonly points: number }[]): number {
  let total = 0;
  for (const allocation of allocations) total += allocation.points;
  return total;
}
