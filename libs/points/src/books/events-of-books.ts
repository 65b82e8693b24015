import type { Recorded } from '../events.ts';
import type { Wallet } from '../wallet/state.ts';

/** What a period hands to the next one. Its lists are as the next period begins with them. */
export interface CarriedOver {
  readonly wallet: Wallet;
  /** When each effect in `wallet.seen` happened, in the same order: the next closing decides by it what to forget. */
  readonly occurredAt: readonly number[];
}

/** The last event of a period's stream. It holds all that the next stream begins with, so whoever meets it can open that stream. */
export interface BooksClosed extends Recorded {
  readonly type: 'BooksClosed';
  readonly period: number;
  /** The period whose stream goes on. */
  readonly next: number;
  /** SHA-256 over the ids of all events before this one, in order. */
  readonly hash: string;
  readonly carried: CarriedOver;
}

/** The first event of a later period's stream. */
export interface BooksOpened extends Recorded {
  readonly type: 'BooksOpened';
  readonly period: number;
  /** The stream it continues, and its hash as `BooksClosed` has it. */
  readonly closed: number;
  readonly hash: string;
  readonly carried: CarriedOver;
}

export type BooksEvent = BooksClosed | BooksOpened;
