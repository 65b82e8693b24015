import type { CommandHeader, LotGrant } from './commands.ts';

/** Commands by which points go to another wallet: transfers and merges. The wallets do not know each other; a saga joins the halves. */

/** Points of a lot on their way between two wallets, with the lot's own id and dates. Plain JSON. */
export type TransferredLot = LotGrant;

/**
 * First half of a transfer: available points leave in spend order. The outcome's `effect.lots` are the lots to hand to the recipient, also
 * when `alreadyDone`. Refused: `walletClosed`, `walletFrozen`, `senderInDebt`, `limitReached`, `insufficientPoints`. Each transfer must end
 * in exactly one of `ReceivePoints` (other wallet) and `TakeBackPoints` (this one): the wallets do not know each other, so the caller sees
 * to it.
 */
export interface SendPoints extends CommandHeader {
  readonly type: 'SendPoints';
  readonly transferId: string;
  readonly points: number;
  /** Member who is to receive them. */
  readonly to: string;
}

/**
 * Second half: the lots arrive with their ids and dates, and pay debt and fee due first. Opens the wallet when it is not open yet. A lot
 * that lapsed on the way expires at once. Refused: `walletClosed`, `walletFrozen` (all), `limitReached`.
 */
export interface ReceivePoints extends CommandHeader {
  readonly type: 'ReceivePoints';
  readonly transferId: string;
  /** Member who sent them. */
  readonly from: string;
  /** `effect.lots` of `SendPoints`, unchanged. */
  readonly lots: readonly TransferredLot[];
}

/**
 * Gives what was sent back to the lots it came from; it pays debt and fee due first, and what lapsed meanwhile expires at once. Works on a
 * frozen wallet. Refused: `walletClosed` (then `ReceivePoints` into the wallet it says it moved to), `transferNotFound`, `limitReached` (too
 * many lots would be open again: ask later).
 */
export interface TakeBackPoints extends CommandHeader { readonly type: 'TakeBackPoints'; readonly transferId: string }

/** A lot as a merge moves it, with all that returns must still know of it. `points` + `held` may be 0. */
export interface MovedLot extends LotGrant {
  readonly held: number;
  /** Fingerprint of the earning that granted it. */
  readonly source: string;
  readonly granted: number;
  readonly entitled: number;
  readonly expired: number;
  readonly forgiven: number;
}

/** An open hold as a merge moves it. */
export interface MovedHold {
  readonly holdId: string;
  readonly expiresAt: number;
  readonly allocations: readonly { readonly lotId: string; readonly points: number }[];
}

/** All that a wallet had when it was moved out. Plain JSON: keep it and hand it on as it is. */
export interface WalletContents {
  readonly lots: readonly MovedLot[];
  readonly holds: readonly MovedHold[];
  readonly debt: number;
  readonly feeDue: number;
  /** Fees that were paid and that a later return may make due again. */
  readonly feePaid: number;
  /**
   * Fingerprints of what happened there, 16 hexadecimal digits each, one behind the other: none of it is new in the other wallet. Absent in
   * what an older version moved out: then the lots' earnings and the holds are taken for it.
   */
  readonly effects?: string | undefined;
}

/**
 * First half of a merge: everything leaves, pending and held points, holds, debt and fee too. The outcome's `effect.contents` is what
 * `MoveLotsIn` takes, also when `alreadyDone`. Works on a frozen wallet (freeze it for `all` first). Refused: `walletClosed`.
 */
export interface MoveLotsOut extends CommandHeader {
  readonly type: 'MoveLotsOut';
  readonly mergeId: string;
  /** Member who gets it all. */
  readonly to: string;
}

/**
 * Second half: lots arrive with ids, dates and open holds; debts and fees of both are netted with what is free. Opens the wallet when it is
 * not open yet. Refused: `walletClosed`, `walletFrozen` (all), `limitReached`.
 */
export interface MoveLotsIn extends CommandHeader {
  readonly type: 'MoveLotsIn';
  readonly mergeId: string;
  /** Member it comes from. */
  readonly from: string;
  /** `effect.contents` of `MoveLotsOut`, unchanged. */
  readonly contents: WalletContents;
}

/** Closes an empty wallet for ever. Refused as `walletNotEmpty` while there are points, debt or a fee due: move or forfeit them first. */
export interface CloseWallet extends CommandHeader {
  readonly type: 'CloseWallet';
  readonly closeId: string;
  /** Member whose wallet took over; every later `walletClosed` names it. */
  readonly movedTo?: string | undefined;
}
