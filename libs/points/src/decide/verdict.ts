import type { WalletEvent } from '../events.ts';
import type { Refusal } from '../refusals.ts';
import type { Wallet } from '../wallet/state.ts';

/** How far a return may reach (G6): only into points still pending; into what the wallet has; or beyond it, as debt. */
export type ReversalPolicy = 'onlyPending' | 'withinBalance' | 'unlimited';

/** Local days of the programme's zone. A pure function of its arguments; the chassis' calendar fits. */
export interface CalendarDays {
  /** Local day of an instant, `YYYY-MM-DD`. */
  dayOf(at: number): string;
  addDays(day: string, days: number): string;
  /** First instant after the day. */
  endOfDay(day: string): number;
}

/** What of a programme the ledger's rules depend on. */
export interface ProgrammePolicy {
  readonly reversal: ReversalPolicy;
  readonly calendar: CalendarDays;
  /** Days for which the chain takes goods back: so long a closed period's effects stay in memory. Default RETURN_WINDOW_DAYS. */
  readonly returnWindowDays?: number;
  /** What the wallet's points are for: `qualifying` ones are earned, returned and lapse, and are never put to use. Default `spendable`. */
  readonly kind?: 'spendable' | 'qualifying';
}

/** Everything a decision may depend on besides the command and the wallet. */
export interface DecisionContext {
  /** The instant of the decision, milliseconds. */
  readonly now: number;
  readonly policy: ProgrammePolicy;
  /** Revisions whose fingerprint was found to belong to another fact when the stream was read: no sameness there. */
  readonly strangers?: ReadonlySet<number> | undefined;
}

/** `before`: what has to happen first and is no part of the answer (holds let go by a forfeiture). */
export interface Accepted {
  readonly verdict: 'accepted';
  readonly events: readonly WalletEvent[];
  readonly before?: readonly WalletEvent[];
}

/** What one command does to a settled wallet. */
export type Verdict = Accepted | { readonly verdict: 'refused'; readonly refusal: Refusal };

/** A decision: the verdict, with what fell due before it, and the wallet afterwards. */
export type Decision =
  | {
    readonly verdict: 'accepted';
    /** All to be appended, in order. Empty: nothing to do. */
    readonly events: readonly WalletEvent[];
    /** The events among them that are this command's doing, not time's: its effect, and the answer to its repetitions. */
    readonly own: readonly WalletEvent[];
    /** How many from the first on are time's; they may be written before and apart from the rest. */
    readonly due: number;
    /** How many at the end book what the command made due at once; it may be left to whoever comes next. */
    readonly after: number;
    readonly wallet: Wallet;
  }
  /** `seenAt`: the revision of the effect the fingerprint points to, where the conflict must be confirmed; null for other refusals. */
  | { readonly verdict: 'refused'; readonly refusal: Refusal; readonly seenAt: number | null }
  /** `revision`: where the stream has the first time; null when there is no such event (nothing was ever to be done). */
  | { readonly verdict: 'alreadyDone'; readonly revision: number | null };

export const accept = (...events: readonly WalletEvent[]): Accepted => ({ verdict: 'accepted', events });
export const refuse = (refusal: Refusal): Verdict => ({ verdict: 'refused', refusal });
