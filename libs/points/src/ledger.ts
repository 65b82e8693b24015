import type { PointsCommand, TransferredLot, WalletContents } from './commands.ts';
import type { Refusal } from './refusals.ts';
import type { WalletId } from './wallet-id.ts';

/** What a wallet holds at an instant. All whole points, none negative. Shown balance = available − debt. */
export interface WalletBalance {
  readonly available: number;
  readonly pending: number;
  readonly held: number;
  readonly debt: number;
  readonly feeDue: number;
  /** Available and held points by last valid day, soonest first; lots that never expire are left out. */
  readonly expiring: readonly { readonly validThrough: string; readonly points: number }[];
}

/** A lot of a wallet as people see it. */
export interface LotView {
  readonly lotId: string;
  readonly source: string;
  readonly granted: number;
  readonly remaining: number;
  readonly held: number;
  readonly state: 'pending' | 'available' | 'expired' | 'closed';
  readonly availableFrom: number;
  readonly validThrough: string | null;
}

export interface AllocationView { readonly lotId: string; readonly points: number }

/** What one command did. Business figures only; the stored event itself stays private to this lib. */
export interface Effect {
  readonly granted: number;
  /** Taken from lots and made debt together; what had expired before, or what the programme's policy spares, is not in it. */
  readonly reversed: number;
  readonly debtIncurred: number;
  readonly debtRepaid: number;
  readonly feeRecovered: number;
  readonly spent: number;
  readonly held: number;
  /** Given back to lots, by a cancellation or from a hold. */
  readonly restored: number;
  readonly expired: number;
  readonly allocations: readonly AllocationView[];
  /** Of a placed hold: when it lapses. A repeated request gets that of the first. */
  readonly expiresAt?: number | undefined;
  /** Absent where the command has nothing to do with it, as are all that follow. Taken by an adjustment. */
  readonly deducted?: number | undefined;
  readonly forfeited?: number | undefined;
  readonly feeCharged?: number | undefined;
  readonly feeWaived?: number | undefined;
  /** Paid fee that a return has made due again: part of `reversed`, never of `debtIncurred`. */
  readonly feeReturned?: number | undefined;
  readonly debtWrittenOff?: number | undefined;
  /** Points that left for, or came from, another wallet: a transfer's or a merge's. */
  readonly sent?: number | undefined;
  readonly received?: number | undefined;
  /** Of `SendPoints`: what to hand to `ReceivePoints`. */
  readonly lots?: readonly TransferredLot[] | undefined;
  /** Of `MoveLotsOut`: what to hand to `MoveLotsIn`. */
  readonly contents?: WalletContents | undefined;
}

/**
 * Answer to a command. `accepted` with `alreadyDone` is the first answer again, without a new event (G7).
 * `unknown`: the store did not answer and reading back did not help either; send the same command again.
 */
export type Outcome =
  | {
    readonly status: 'accepted';
    readonly alreadyDone: boolean;
    readonly effect: Effect;
    readonly balance: WalletBalance;
    readonly revision: number;
  }
  | { readonly status: 'refused'; readonly refusal: Refusal; readonly balance: WalletBalance; readonly revision: number }
  | { readonly status: 'unknown'; readonly cause: unknown };

export interface Addressed<Command> { readonly wallet: WalletId; readonly command: Command }

/** A wallet folded at a revision. */
export interface WalletReading {
  readonly revision: number;
  readonly asOf: number;
  readonly balance: WalletBalance;
  readonly lots: readonly LotView[];
}

/** The only way anything gets into a wallet: load, decide, append with the revision that was seen, and again a bounded number of times. */
export interface PointsLedger {
  /** One command of a till; single commands that arrive together share one commit. */
  handle(wallet: WalletId, command: PointsCommand): Promise<Outcome>;
  /** A batch of awards: one append per wallet, outcomes in the order of the commands. */
  handleMany(commands: readonly Addressed<PointsCommand>[]): Promise<readonly Outcome[]>;
  /** The wallet as of the clock (or `asOf`, milliseconds), at its current revision. */
  wallet(wallet: WalletId, asOf?: number): Promise<WalletReading>;
}
