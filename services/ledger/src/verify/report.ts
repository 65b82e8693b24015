import type { ChainHead, Lane } from '@trebol/event-store';
import type { WalletId } from '@trebol/points';

/** What was found wrong, precisely enough to look at it by hand. */
export interface Difference {
  readonly check: 'log' | 'fold' | 'conservation' | 'event' | 'entry' | 'balance' | 'snapshot' | 'books' | 'transit' | 'orphan';
  /** Where a noted head of the log's hash chain is not met: the lane whose history was cut off or rewritten. */
  readonly lane?: Lane;
  readonly wallet?: WalletId;
  /** Of a wallet that does not add up: points too many (above 0) or too few. */
  readonly points?: number;
  readonly revision?: number;
  /** Column or figure. */
  readonly field?: string;
  readonly expected?: string;
  readonly found?: string;
  readonly message: string;
}

/** Sums over all wallets of one programme and point type. */
export interface ProgrammeTotals {
  readonly tenant: string;
  readonly programme: string;
  readonly pointType: string;
  readonly wallets: number;
  readonly available: number;
  readonly pending: number;
  readonly held: number;
  readonly debt: number;
  readonly feeDue: number;
  readonly spent: number;
  readonly expired: number;
}

/** Points of one programme and point type that left one wallet and are not in another yet. */
export interface InTransit {
  readonly tenant: string;
  readonly programme: string;
  readonly pointType: string;
  /** Sent − received − taken back; 0 once nothing is under way. */
  readonly points: number;
  readonly transfers: number;
  readonly merges: number;
}

export interface VerifyReport {
  readonly ok: boolean;
  /** The first difference; the run ends there. */
  readonly difference: Difference | null;
  readonly wallets: number;
  readonly events: number;
  readonly snapshotsCompared: number;
  /** Instant of the figures in `totals` and `balancesHash`. */
  readonly asOf: string;
  readonly totals: readonly ProgrammeTotals[];
  /** Programmes with something in transit at the end of the log; null when a difference ended the run. */
  readonly inTransit: readonly InTransit[] | null;
  /** SHA-256 over the sorted lines of all wallets, hexadecimal; null when a difference ended the run. */
  readonly balancesHash: string | null;
  /**
   * Where the log's hash chains ended when the run began: to be noted elsewhere and given back to a later run. Null when a difference ended
   * the run, or where the installation's store has no chain.
   */
  readonly chainHeads: readonly ChainHead[] | null;
}

export interface VerifyProgress {
  readonly phase: 'log' | 'waiting' | 'entries' | 'wallets' | 'orphans';
  readonly pass: number;
  readonly passes: number;
  readonly events: number;
  readonly wallets: number;
}

/** Thrown inside to end the run at the first difference. */
export class DifferenceFound extends Error {
  override readonly name = 'DifferenceFound';
  readonly difference: Difference;

  constructor(difference: Difference) {
    super(difference.message);
    this.difference = difference;
  }
}

/** A wallet in one word for messages. */
export const walletText = (wallet: WalletId): string => `${wallet.tenant}/${wallet.programme}/${wallet.pointType}/${wallet.member}`;
