import type { Allocation } from '../events.ts';
import type { Fingerprint } from '../identity.ts';
import { FIRST_PERIOD } from '../wallet-id.ts';

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
  /** Lost to time so far. */
  readonly expired: number;
  /** Part of `expired` that a return already counted: it was asked from nobody, and must not be so twice. */
  readonly forgiven: number;
  readonly availableFrom: number;
  readonly expiresAt: number | null;
  readonly validThrough: string | null;
  /** True once it is on record that the lot became available (and paid debt with it). */
  readonly activated: boolean;
}

export type SpendingState = 'open' | 'captured' | 'released' | 'lapsed' | 'redeemed';

/** Points set aside or spent by one hold or one redemption. */
export interface Spending {
  readonly fingerprint: Fingerprint;
  readonly state: SpendingState;
  /** Kept while the hold is open, so that a job can name it; null afterwards and for a redemption. */
  readonly holdId: string | null;
  /** Of a hold; 0 for a redemption. */
  readonly expiresAt: number;
  /** Revision of the event that captured or let go the hold; 0 while open. */
  readonly closedBy: number;
  /** Open: what is held. Captured or redeemed: what was spent, in spend order. Otherwise empty. */
  readonly allocations: readonly Allocation[];
  /** Spent points that cancellations have given back. */
  readonly restored: number;
}

/** An effect the wallet remembers, so that the same fact never counts twice (G7). */
export interface SeenEffect {
  readonly fingerprint: Fingerprint;
  readonly content: Fingerprint;
  /** Where the stream has it: one read confirms a hit. */
  readonly revision: number;
}

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
}

/** A wallet as its events make it. Plain immutable data; availability is not in it but computed for an instant (G2). */
export interface Wallet {
  readonly period: number;
  readonly revision: number;
  /** The latest decision instant on record: a wallet's time never runs backwards, whatever the clocks of two processes say. */
  readonly recordedAt: number;
  readonly opened: boolean;
  readonly closed: boolean;
  readonly frozen: 'spending' | 'all' | null;
  readonly debt: number;
  readonly feeDue: number;
  /** In recorded order, closed lots included until the books are closed: returns and cancellations still speak of them. */
  readonly lots: readonly Lot[];
  readonly spendings: readonly Spending[];
  readonly seen: readonly SeenEffect[];
  readonly totals: Totals;
}

const NO_TOTALS: Totals = { issued: 0, restored: 0, spent: 0, expired: 0, reversed: 0, debtIncurred: 0, debtRepaid: 0 };

const EMPTY: Wallet = {
  period: FIRST_PERIOD, revision: 0, recordedAt: 0, opened: false, closed: false, frozen: null,
  debt: 0, feeDue: 0, lots: [], spendings: [], seen: [], totals: NO_TOTALS,
};

/** A wallet before its first event. */
export function emptyWallet(): Wallet {
  return EMPTY;
}

/** The lot with this id, or undefined. */
export function lotById(wallet: Wallet, lotId: string): Lot | undefined {
  return wallet.lots.find((lot) => lot.lotId === lotId);
}

/** The hold or redemption known by this fingerprint, or undefined. */
export function spendingBy(wallet: Wallet, fingerprint: Fingerprint): Spending | undefined {
  return wallet.spendings.find((spending) => spending.fingerprint === fingerprint);
}
