import type {
  CloseWallet, MoveLotsIn, MoveLotsOut, ReceivePoints, SendPoints, TakeBackPoints,
} from './commands-of-moving.ts';

export type * from './commands-of-moving.ts';

/** What caused an entry, for ever one effect (`ledger.md` G7): `{ kind: 'ticket', key: '12~3~2026-02-10~184' }`. */
export interface Source {
  readonly kind: string;
  readonly key: string;
}

/** A lot to be granted. Instants in milliseconds since 1970 UTC. */
export interface LotGrant {
  /** `lot_` and 16 hexadecimal digits, see `lotIdOf`. */
  readonly lotId: string;
  /** Whole points, at least 1. */
  readonly points: number;
  /** First instant at which the points may be spent. */
  readonly availableFrom: number;
  /** First instant at which they may no longer be spent (local midnight after `validThrough`); null: never expires. */
  readonly expiresAt: number | null;
  /** Last day on which they may be spent, `YYYY-MM-DD` in the programme's zone. */
  readonly validThrough: string | null;
}

export interface CommandHeader {
  /** Names this request in logs and events; not what sameness is known by. */
  readonly commandId: string;
  /** When the business fact happened, in milliseconds. */
  readonly occurredAt: number;
  /**
   * What made somebody send this command, where that is not the command itself: the id of a message, of a hold that is over. At most
   * `CAUSATION_CHARACTERS_MAX`; kept with the events, looked at by nobody who decides.
   */
  readonly causationId?: string | undefined;
  /** Trace in which it was given, of W3C Trace Context; only where that trace is recorded. */
  readonly traceparent?: string | undefined;
}

export interface OpenWallet extends CommandHeader { readonly type: 'OpenWallet' }

/** Grants lots for a source. Opens the wallet when it is not open yet. An empty `lots` records the source without points. */
export interface EarnPoints extends CommandHeader {
  readonly type: 'EarnPoints';
  readonly source: Source;
  /** Fingerprint of the content behind the source: same source with another hash is refused as `sourceConflict`. */
  readonly contentHash: string;
  readonly lots: readonly LotGrant[];
  /** Stored as it is and shown to people later; compact JSON. */
  readonly explanation: string;
}

/** Takes back what a source gave, because a return lowered what it is worth. */
export interface ReverseEarning extends CommandHeader {
  readonly type: 'ReverseEarning';
  /** The earning that is corrected. */
  readonly source: Source;
  /** What corrects it (the return ticket): the identity of this command. */
  readonly correction: Source;
  readonly contentHash: string;
  /** How much of each lot's entitlement goes, as computed upstream cumulatively (G5). */
  readonly lots: readonly { readonly lotId: string; readonly points: number }[];
  readonly explanation: string;
}

export interface PlaceHold extends CommandHeader {
  readonly type: 'PlaceHold';
  readonly holdId: string;
  readonly points: number;
  readonly expiresAt: number;
}

/** `points` less than held: the rest goes back to its lots. Absent: everything held. */
export interface CaptureHold extends CommandHeader {
  readonly type: 'CaptureHold';
  readonly holdId: string;
  readonly points?: number | undefined;
}
export interface ReleaseHold extends CommandHeader { readonly type: 'ReleaseHold'; readonly holdId: string }
/** States that a hold whose time is over was let go; refused before its time. */
export interface LapseHold extends CommandHeader { readonly type: 'LapseHold'; readonly holdId: string }

export interface RedeemPoints extends CommandHeader {
  readonly type: 'RedeemPoints';
  readonly redemptionId: string;
  readonly points: number;
}

/** Gives back a redemption or a captured hold, wholly or in part; `cancellationId` is the identity of this command. */
export interface CancelRedemption extends CommandHeader {
  readonly type: 'CancelRedemption';
  /** The redemption's id, or the hold's id for a captured hold. */
  readonly redemptionId: string;
  readonly cancellationId: string;
  /** Absent: all that is not cancelled yet. */
  readonly points?: number | undefined;
}

/** Books what lapsed by `asOf`; never decides what may be spent (G2). */
export interface ExpireLots extends CommandHeader { readonly type: 'ExpireLots'; readonly asOf: number }
/** Books what became available by `asOf`. */
export interface ActivateLots extends CommandHeader { readonly type: 'ActivateLots'; readonly asOf: number }

/** Dates of a lot: see `LotGrant`. */
export type LotDates = Pick<LotGrant, 'availableFrom' | 'expiresAt' | 'validThrough'>;

/**
 * A correction by a person. `points` above 0 grants one lot (dates in `lot`, required), which pays debt and then the fee due before
 * anybody can spend it; below 0 takes available points in spend order, whatever the programme's policy says of returns, and never what is
 * not there (`insufficientPoints`). The same source with other points or another reason is `sourceConflict`.
 */
export interface AdjustPoints extends CommandHeader {
  readonly type: 'AdjustPoints';
  readonly source: Source;
  /** Whole points, not 0. */
  readonly points: number;
  readonly reasonCode: string;
  /** Who does it and who let it be done: ids of accounts, never names of persons. */
  readonly by: string;
  readonly approvedBy?: string | undefined;
  /** For colleagues; no personal data. */
  readonly note?: string | undefined;
  readonly lot?: LotDates | undefined;
}

/**
 * Charges points for a card. What the wallet has available pays at once, the rest is due and paid by what becomes free later: after debt,
 * before anybody can spend it. A fee due is never debt.
 */
export interface ChargeCardFee extends CommandHeader { readonly type: 'ChargeCardFee'; readonly source: Source; readonly points: number }

/** Lets go of a fee that is due, wholly (no `points`) or in part; `source` is the identity of the waiver. What was paid stays paid. */
export interface WaiveCardFee extends CommandHeader {
  readonly type: 'WaiveCardFee';
  readonly source: Source;
  readonly points?: number | undefined;
}

/**
 * Stops the wallet: `spending` what puts points to use, `all` also what gives or takes them. What time does goes on. Several freezes may
 * stand at once, each under its id; the strictest counts. A freeze that was lifted needs a new id to come again.
 */
export interface FreezeWallet extends CommandHeader {
  readonly type: 'FreezeWallet';
  readonly freezeId: string;
  readonly mode: 'spending' | 'all';
  readonly reason: string;
}
/** Lifts one freeze; others may still stand. Refused as `freezeNotFound` when there is none of this id. */
export interface UnfreezeWallet extends CommandHeader { readonly type: 'UnfreezeWallet'; readonly freezeId: string }

/**
 * Takes everything: open holds are let go, then all points, pending ones too, are lost. `closure` and `erasure` also write off debt and
 * fee due; `fraud` leaves them. Works on a frozen wallet.
 */
export interface ForfeitPoints extends CommandHeader {
  readonly type: 'ForfeitPoints';
  readonly forfeitId: string;
  readonly reason: 'closure' | 'fraud' | 'erasure';
}

/**
 * Gives open lots a later last day, because the member was active (`expiryOf`, inactivity). Lots that never lapse, live longer already or
 * have lapsed stay as they are. `source` is the activity, and the identity of this command.
 */
export interface ExtendPoints extends CommandHeader {
  readonly type: 'ExtendPoints';
  readonly source: Source;
  readonly expiresAt: number;
  readonly validThrough: string;
}

export type PointsCommand =
  | OpenWallet | EarnPoints | ReverseEarning | PlaceHold | CaptureHold | ReleaseHold | LapseHold
  | RedeemPoints | CancelRedemption | ExpireLots | ActivateLots
  | AdjustPoints | ChargeCardFee | WaiveCardFee | FreezeWallet | UnfreezeWallet | ForfeitPoints
  | SendPoints | ReceivePoints | TakeBackPoints | MoveLotsOut | MoveLotsIn | CloseWallet | ExtendPoints;
