import type { FreezeWallet, ForfeitPoints, Source } from './commands.ts';
import type { Allocation, GrantedLot, Owed, Recorded, Validity } from './events.ts';

/** Events of people and rules that look after a wallet: corrections, card fees, freezes, forfeiture, longer validity. */

export interface PointsAdjusted extends Recorded, Owed {
  readonly type: 'PointsAdjusted';
  readonly source: Source;
  readonly reasonCode: string;
  readonly by: string;
  readonly approvedBy: string | null;
  readonly note: string;
  /** Of a positive adjustment. */
  readonly granted: GrantedLot | null;
  /** Of a negative one. */
  readonly taken: readonly Allocation[];
}

export interface CardFeeCharged extends Recorded {
  readonly type: 'CardFeeCharged';
  readonly source: Source;
  readonly points: number;
  /** What was available and paid at once. */
  readonly feeRecovered: readonly Allocation[];
}

export interface CardFeeWaived extends Recorded {
  readonly type: 'CardFeeWaived';
  readonly source: Source;
  /** As it was asked for; null: all that was due. */
  readonly requested: number | null;
  readonly points: number;
}

/** The new last day of these lots: replay does not ask again which rule gave it. */
export interface PointsExtended extends Recorded {
  readonly type: 'PointsExtended';
  readonly source: Source;
  readonly validity: Validity;
  readonly lotIds: readonly string[];
}

export interface WalletFrozen extends Recorded {
  readonly type: 'WalletFrozen';
  readonly freezeId: string;
  readonly mode: FreezeWallet['mode'];
  readonly reason: string;
}

export interface WalletUnfrozen extends Recorded { readonly type: 'WalletUnfrozen'; readonly freezeId: string }

export interface PointsForfeited extends Recorded {
  readonly type: 'PointsForfeited';
  readonly forfeitId: string;
  readonly reason: ForfeitPoints['reason'];
  readonly lots: readonly Allocation[];
  readonly debtWrittenOff: number;
  readonly feeWaived: number;
}

export type CareEvent =
  | PointsAdjusted | CardFeeCharged | CardFeeWaived | PointsExtended | WalletFrozen | WalletUnfrozen | PointsForfeited;
