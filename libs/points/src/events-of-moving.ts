import type { MovedHold, MovedLot, WalletContents } from './commands.ts';
import type { Allocation, GrantedLot, Owed, Recorded } from './events.ts';
import type { Fingerprint } from './identity.ts';

/** Events by which points leave a wallet for another one, and arrive there. */

export interface PointsSent extends Recorded {
  readonly type: 'PointsSent';
  readonly transferId: string;
  readonly to: string;
  /** With their dates, so that the first answer can be given again from the stream. */
  readonly lots: readonly GrantedLot[];
}

export interface PointsReceived extends Recorded, Owed {
  readonly type: 'PointsReceived';
  readonly transferId: string;
  readonly from: string;
  readonly content: Fingerprint;
  /** Under the ids they have here: their own, unless another lot has it. */
  readonly lots: readonly GrantedLot[];
}

export interface PointsTakenBack extends Recorded, Owed {
  readonly type: 'PointsTakenBack';
  readonly transferId: string;
  readonly returned: readonly Allocation[];
}

export interface LotsMovedOut extends Recorded {
  readonly type: 'LotsMovedOut';
  readonly mergeId: string;
  readonly to: string;
  readonly contents: WalletContents;
}

export interface LotsMovedIn extends Recorded, Owed {
  readonly type: 'LotsMovedIn';
  readonly mergeId: string;
  readonly from: string;
  readonly content: Fingerprint;
  /** Under the ids they have here. */
  readonly lots: readonly MovedLot[];
  readonly holds: readonly MovedHold[];
  readonly debt: number;
  readonly feeDue: number;
  readonly feePaid: number;
  /** Debt that stands against fee that was paid: debt goes first, so it is settled and the fee is due again. */
  readonly feeReturned: number;
  /** Fingerprints of what happened in the other wallet, one behind the other. */
  readonly effects: string;
}

export interface WalletClosed extends Recorded {
  readonly type: 'WalletClosed';
  readonly closeId: string;
  readonly movedTo: string | null;
}

export type MovingEvent = PointsSent | PointsReceived | PointsTakenBack | LotsMovedOut | LotsMovedIn | WalletClosed;
