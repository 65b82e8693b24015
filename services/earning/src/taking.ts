import type { Ticket } from '@trebol/contracts';
import type { ClientBase } from 'pg';
import type { CorrectionFaultCode, TicketFaultCode } from './reasons.ts';

/** Why a ticket cannot be taken at all, and the field that this is about. */
export interface TicketFault {
  readonly pointer: string;
  readonly code: TicketFaultCode;
}

/**
 * What became of one ticket of a batch. `rated` says how many points a sale gives, or a return or void takes back. `duplicate`: it
 * was here before, or earlier in the same batch. `quarantined`: its key belongs to other content; `first` is false when this very
 * content was quarantined before. `refused`: it cannot be a ticket of ours and was not kept; the first fault names it, 8 are told at most. The others were kept.
 */
export type Taken =
  | { readonly key: string; readonly status: 'rated'; readonly type: 'sale' | 'return' | 'void'; readonly points: number }
  | { readonly key: string; readonly status: 'noMember' | 'awaitingOriginal' | 'tooOld' }
  | { readonly key: string; readonly status: 'rejected'; readonly code: CorrectionFaultCode; readonly pointer: string }
  | { readonly key: string; readonly status: 'duplicate' }
  | { readonly key: string; readonly status: 'quarantined'; readonly first: boolean }
  | { readonly key: string; readonly status: 'refused'; readonly faults: readonly [TicketFault, ...TicketFault[]] };

export interface TakeOptions {
  /** A file of history: tickets may be older than the programme's days. */
  readonly history: boolean;
  /** Traces of the tickets, where they come from requests of their own that share this batch; absent: it is part of what runs. */
  readonly origins?: readonly (string | undefined)[] | undefined;
  /**
   * Runs inside the transaction that takes the tickets: what it writes is durable exactly when they are. It may run again when the
   * transaction is.
   */
  readonly within?: ((client: ClientBase, taken: readonly Taken[]) => Promise<void>) | undefined;
}

/** A stream of batches into the ticket table and on to the wallets: the next batch is rated while the last ones are posted. */
export interface TakeLine {
  /** Takes a batch; resolves when it is rated and there is room for the next. Throws what went wrong with this batch or an earlier one. */
  offer(tickets: readonly Ticket[], options: TakeOptions): Promise<readonly Taken[]>;
  /** Resolves when everything offered is posted. */
  settled(): Promise<void>;
}

/** Batches that come one at a time and are answered when everything is done: what a topic's consumer needs. */
export interface TakeBatches {
  /** Takes tickets in one transaction and posts them; resolves when the wallets have answered, so that an offset may move. */
  takeAll(tenant: string, tickets: readonly Ticket[]): Promise<readonly Taken[]>;
}

/** Where a line comes from: one for each import at work. */
export interface TakeLines {
  open(tenant: string): TakeLine;
}
