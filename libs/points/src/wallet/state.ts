import type { Allocation } from '../events.ts';
import type { Fingerprint } from '../identity.ts';
import { FIRST_PERIOD } from '../wallet-id.ts';
import type { ListOf, PackedItems } from './list-of.ts';

/** Points granted together. What is neither here nor expired has been spent, reversed or used to pay debt. */
export interface Lot {
  readonly lotId: string;
  /** Fingerprint of the earning that granted it. */
  readonly source: Fingerprint;
  /** Revision of the event that brought it here: the third key of the spend order. */
  readonly recorded: number;
  readonly granted: number;
  /** What returns have left of the grant: an upper bound for further returns, not a balance. */
  readonly entitled: number;
  /** Pending, available or lapsed but not booked yet; what a hold has pinned is not in it. */
  readonly remaining: number;
  readonly held: number;
  /** Lost so far, to time or by forfeiture: to nobody's use. */
  readonly expired: number;
  /** Part of `expired` that a return already counted: it was asked from nobody, and must not be so twice. */
  readonly forgiven: number;
  readonly availableFrom: number;
  readonly expiresAt: number | null;
  readonly validThrough: string | null;
  /** True once it is on record that the lot became available (and paid debt with it). */
  readonly activated: boolean;
}

/** `moved`: a hold that went to another wallet in a merge. `sent` stands until taken back; whether the points arrived is not known here. */
export type SpendingState = 'open' | 'captured' | 'released' | 'lapsed' | 'redeemed' | 'moved' | 'sent' | 'takenBack';

/** Points set aside, spent or sent by one hold, one redemption or one transfer. */
export interface Spending {
  readonly fingerprint: Fingerprint;
  readonly state: SpendingState;
  /** Kept while the hold is open, so that a job can name it; null afterwards and for a redemption. */
  readonly holdId: string | null;
  /** Of a hold; 0 for others. */
  readonly expiresAt: number;
  /** Revision of the event that captured or let go the hold; 0 while open. */
  readonly closedBy: number;
  /** Open: what is held. Captured or redeemed: what was spent, in spend order. Sent: what left. Otherwise empty. */
  readonly allocations: readonly Allocation[];
  /** Spent points that cancellations have given back. */
  readonly restored: number;
}

/** An effect the wallet remembers, so that the same fact never counts twice (G7). */
export interface SeenEffect {
  readonly fingerprint: Fingerprint;
  /** Last digits of its content's fingerprint (`checkOf`): other digits are another content, the same are confirmed by the stream. */
  readonly content: string;
  /** Where the stream has it: one read confirms a hit. */
  readonly revision: number;
}

/** Lots in a snapshot. */
export interface PackedLots extends PackedItems<Lot> {
  /** Those with points in them. */
  readonly open: number;
  /** When the first of them becomes available or expires; Infinity: never. */
  readonly dueAt: number;
  /** True when surely none has this id; false: one may. */
  lacks(lotId: string): boolean;
}

/** Effects in a snapshot. */
export interface PackedSeen extends PackedItems<SeenEffect> {
  find(fingerprint: Fingerprint, strangers?: ReadonlySet<number>): SeenEffect | undefined;
}

/** Holds and redemptions in a snapshot. */
export interface PackedSpendings extends PackedItems<Spending> {
  /** When the first open hold lapses; Infinity: none is open. */
  readonly dueAt: number;
}

export type LotList = ListOf<Lot, PackedLots>;
export type SeenList = ListOf<SeenEffect, PackedSeen>;
export type SpendingList = ListOf<Spending, PackedSpendings>;

/** Everything that ever moved, for the conservation check (G1). */
export interface Totals {
  readonly issued: number;
  readonly restored: number;
  readonly spent: number;
  readonly expired: number;
  /** Taken from lots by returns; what returns could not find is `debtIncurred`. */
  readonly reversed: number;
  readonly debtIncurred: number;
  readonly debtRepaid: number;
  /** Written off, moved to another wallet, or settled by making a paid fee due again. */
  readonly debtReleased: number;
  /** Points of lots that paid a fee. */
  readonly feeRecovered: number;
  /** Fees charged or moved here, and those waived or moved away: the difference is due or paid. */
  readonly feeCharged: number;
  readonly feeReleased: number;
  /** Taken by adjustments. */
  readonly deducted: number;
  readonly forfeited: number;
  /** To and from other wallets, by transfer or merge. */
  readonly sent: number;
  readonly received: number;
  readonly takenBack: number;
}

/** One reason why the wallet is stopped. */
export interface Freeze {
  readonly fingerprint: Fingerprint;
  readonly mode: 'spending' | 'all';
}

/** Facts that a merge brought along: they happened in the wallet that was taken over, and are new in no wallet any more. */
export interface Brought {
  /** When the merge brought them, milliseconds: all of them had happened by then. */
  readonly at: number;
  /** Fingerprints of their identities, one behind the other. */
  readonly effects: string;
}

/** How the wallet's periods hang together; only once books were closed. */
export interface Books {
  /** Events in the streams of closed periods. */
  readonly before: number;
  /** The closed periods, oldest first: events before each, and the instant it was closed. */
  readonly past: readonly { readonly period: number; readonly before: number; readonly closedAt: number }[];
  /** Every effect that happened at this instant or later is in `seen`; older ones are looked up in the closed streams. */
  readonly rememberedFrom: number;
  /** Effects in `seen` that came from closed periods: they do not count for the limit of this one. */
  readonly carried: number;
  /** Hash of the closed stream that this one continues. */
  readonly hash: string;
  /** Set when this period itself is closed: the period that goes on. */
  readonly closedTo: number | null;
}

/** A wallet as its events make it. Plain immutable data; availability is not in it but computed for an instant (G2). */
export interface Wallet {
  readonly period: number;
  /** Number of its last event, counted over all periods; `streamRevision` is that of its stream. */
  readonly revision: number;
  /** The latest decision instant on record: a wallet's time never runs backwards, whatever the clocks of two processes say. */
  readonly recordedAt: number;
  readonly opened: boolean;
  readonly closed: boolean;
  /** The member whose wallet took over when this one was closed. */
  readonly movedTo: string | null;
  /** The strictest of the freezes in force. */
  readonly frozen: Freeze['mode'] | null;
  readonly freezes: readonly Freeze[];
  readonly debt: number;
  readonly feeDue: number;
  /** Fee that was paid and that a return may make due again; none while there is debt, because debt goes first. */
  readonly feePaid: number;
  /** In recorded order, closed lots included until the books are closed: returns and cancellations still speak of them. */
  readonly lots: LotList;
  readonly spendings: SpendingList;
  readonly seen: SeenList;
  /** One for each merge that is still inside the return window. */
  readonly brought: readonly Brought[];
  readonly totals: Totals;
  readonly books?: Books | undefined;
}

const NO_TOTALS: Totals = {
  issued: 0, restored: 0, spent: 0, expired: 0, reversed: 0, debtIncurred: 0, debtRepaid: 0, debtReleased: 0, feeRecovered: 0,
  feeCharged: 0, feeReleased: 0, deducted: 0, forfeited: 0, sent: 0, received: 0, takenBack: 0,
};

const EMPTY: Wallet = {
  period: FIRST_PERIOD, revision: 0, recordedAt: 0, opened: false, closed: false, movedTo: null, frozen: null, freezes: [],
  debt: 0, feeDue: 0, feePaid: 0, lots: [], spendings: [], seen: [], brought: [], totals: NO_TOTALS,
};

/** A wallet before its first event. */
export function emptyWallet(): Wallet {
  return EMPTY;
}

/** The lot with this id, or undefined. */
export function lotById(wallet: Wallet, lotId: string): Lot | undefined {
  return wallet.lots.find((lot) => lot.lotId === lotId);
}

export type OpenHold = Spending & { readonly holdId: string };

/** Holds that still hold something: those that still have their id. */
export function openHolds(wallet: Wallet): readonly OpenHold[] {
  return wallet.spendings.flatMap((one) => (one.holdId === null ? [] : [{ ...one, holdId: one.holdId }]));
}

/** The hold or redemption known by this fingerprint, or undefined. */
export function spendingBy(wallet: Wallet, fingerprint: Fingerprint): Spending | undefined {
  return wallet.spendings.find((spending) => spending.fingerprint === fingerprint);
}
