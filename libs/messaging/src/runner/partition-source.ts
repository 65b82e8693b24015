import type { IncomingMessage, MessageFailure } from '../port.ts';

/** A topic partition that this consumer, and nobody else of its group, works on for now. */
export interface Claim {
  readonly topic: string;
  readonly partition: number;
  /** Keys with a dead letter: their messages wait. Changed by the source only, when a step is committed. */
  readonly parkedKeys: ReadonlySet<string>;
  /** Aborts when the partition is taken away: what is in hand may be handled by somebody else too, and can no longer be committed. */
  readonly lost: AbortSignal;
}

/** Messages of one claim in order: new ones, or a replay of a parked key (the failed message, then its followers). */
export interface FetchedBatch {
  readonly claim: Claim;
  readonly kind: 'new' | 'replay';
  readonly messages: readonly IncomingMessage[];
  /** Those of the messages that the adapter itself cannot read: they fail without being handed over. */
  readonly refused?: readonly MessageFailure[] | undefined;
  /** Offset to store when a batch of new messages is done: nothing at or below it is left. Meaningless for a replay. */
  readonly through: bigint;
}

/** What came of a batch; all of it is committed together. */
export interface Step {
  readonly batch: FetchedBatch;
  /** First failure of each key. */
  readonly failed: readonly MessageFailure[];
  /** Messages to be kept behind a dead letter of their key, in order. */
  readonly waiting: readonly IncomingMessage[];
}

/** `idle`: nothing in hand · `handling`: one batch in hand, room for the next · `full`: the next is there too. */
export type LaneState = 'idle' | 'handling' | 'full';

/** What a bus adapter gives the runner: claims, batches, and one atomic commit for each step. */
export interface PartitionSource {
  /** Begins to claim partitions. `wake` is called whenever `fetch` may have something new. */
  start(wake: () => void): Promise<void>;
  /**
   * Batches that are there now, at most one for each claim and none for a full one; it does not wait for messages. For a claim that is
   * `handling` it may read ahead. Batches of one claim never overlap.
   */
  fetch(stateOf: (claim: Claim) => LaneState): Promise<readonly FetchedBatch[]>;
  /** Makes offset, dead letters and parked messages durable in one go. Throws when that did not work out and may be tried again. */
  commit(step: Step): Promise<void>;
  /** Messages after the stored offsets, over all partitions of the subscription, whoever owns them. */
  lag(): Promise<number>;
  /** Takes no further claims from now on; those held are kept until `stop`, so that what is in hand can be committed. */
  retire(): void;
  /** Gives all claims back. */
  stop(): Promise<void>;
}
