/**
 * Name of a stream. The domain chooses it; adapters never look inside, except for the prefix given to `subscribe`. At most 200 ASCII
 * characters, the first of them not `$`.
 */
export type StreamName = string;

/** Number of the last event of a stream: 1 for the first event, 0 for a stream that has none. */
export type Revision = number;

/**
 * What the appender believes of the stream: its exact revision, or that it does not exist yet. There is no "any": an append
 * that does not say what it saw cannot be told from its own retry (`eventstoredb.md` §2).
 */
export type ExpectedRevision = Revision | 'noStream';

/** Which traffic an append belongs to. Interactive appends never queue behind the lock of a bulk one (`ledger.md` §5.6). */
export type Lane = 'interactive' | 'bulk';

/** Largest append to one stream, all events together as `bytesOf` counts them (EventStoreDB's own limit). */
export const APPEND_BYTES_MAX = 1_048_576;
/** Most streams in one `append`: bounds the memory and the lock time of one transaction. */
export const APPEND_STREAMS_MAX = 10_000;

/** An event to be written. `data` and `metadata` are serialised by the caller; adapters store the text as it is. */
export interface NewEvent {
  /** UUID, deterministic where the caller can make it so: it is how a retry recognises itself. */
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  /** Compact JSON. */
  readonly data: string;
  /** Compact JSON: command, causation and trace ids. */
  readonly metadata?: string | undefined;
  /** When the appender recorded it, by its own clock, in milliseconds. */
  readonly recordedAt: number;
}

/** State of a stream right after its last event of this append. A cost saver: an adapter may keep it or ignore it, the meaning is the same. */
export interface Snapshot {
  readonly schemaVersion: number;
  readonly bytes: Uint8Array;
}

export interface StreamAppend {
  readonly stream: StreamName;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly NewEvent[];
  readonly snapshot?: Snapshot | undefined;
}

/** `unknown` means that the store did not answer: the events may be there or not. Read back and compare ids before anything else. */
export type AppendOutcome =
  | { readonly status: 'appended'; readonly revision: Revision }
  | { readonly status: 'conflict'; readonly actual: Revision }
  | { readonly status: 'unknown'; readonly cause: unknown };

/** Where an event stands in the log: growing within its log partition; in PostgreSQL contiguous from 1, in EventStoreDB with gaps. */
export interface LogPosition {
  readonly partition: number;
  readonly position: bigint;
}

export interface RecordedEvent extends NewEvent {
  readonly stream: StreamName;
  readonly revision: Revision;
  readonly position: LogPosition;
}

export interface StreamTail {
  /** Revision of the stream, 0 when it does not exist. */
  readonly revision: Revision;
  readonly snapshot?: Snapshot & { readonly revision: Revision };
  /** All events after the snapshot (all of the stream without one), in order. */
  readonly events: readonly RecordedEvent[];
}

/** How far a reader has come. Opaque text: keep it beside what was derived, hand it back, compare it only with `covers`. */
export type Checkpoint = string & { readonly checkpoint: unique symbol };

export interface RecordedBatch {
  /** Events of one stream come in revision order, within a batch and from batch to batch; nothing is left out and nothing comes twice. */
  readonly events: readonly RecordedEvent[];
  /** Store it in the same transaction as what the events did. */
  readonly checkpoint: Checkpoint;
  /** True when the log held nothing further at the time of reading. */
  readonly caughtUp: boolean;
}

export interface SubscribeOptions {
  readonly batchMax: number;
  /** Ends the subscription; the iteration completes without an error. */
  readonly signal: AbortSignal;
  /** Only streams whose name begins so; the checkpoint moves on over the others too. */
  readonly prefix?: string | undefined;
}

/** Where a lane's hash chain ends. Noted elsewhere, it proves later that nothing up to it was changed (`LogProof.checkChain`). */
export interface ChainHead {
  readonly lane: Lane;
  readonly partition: number;
  /** First position that the chain covers: 1, or what came next when the log was brought to the version that chains. */
  readonly chainedFrom: number;
  /** Last position of the lane. */
  readonly position: number;
  /** 64 hexadecimal digits. */
  readonly hash: string;
}

/** Something in the log that no append can have written. */
export interface LogDifference {
  readonly kind: 'position' | 'head' | 'segment' | 'chain' | 'laneTick' | 'revision' | 'streamTick' | 'streamRow';
  /** `partition 1` or the stream's name. */
  readonly place: string;
  readonly expected: string;
  readonly found: string;
}

/** What a store can say of its own log beyond what a reader of it meets. */
export interface LogProof {
  /** Events from one checkpoint to a later one; 0 where that is not ahead. */
  eventsBetween(reached: Checkpoint, target: Checkpoint): number;
  /** Where each lane's hash chain ends now. */
  chainHeads(): Promise<readonly ChainHead[]>;
  /** What is not as appends leave it; empty when all is well. */
  checkLog(options?: { readonly differencesMax?: number }): Promise<readonly LogDifference[]>;
  /** What was changed since it was written, and which of the heads noted earlier, elsewhere, is not met. */
  checkChain(options?: { readonly noted?: readonly ChainHead[] }): Promise<readonly LogDifference[]>;
}

/**
 * The event store as the product sees it. It asks only what EventStoreDB can do: an atomic append per stream with an
 * expected revision, a catch-up read of everything by prefix, and no transaction across streams. What a store may do beyond that
 * is optional: whoever wants it asks for it, never for which store it is.
 */
export interface EventStore {
  /**
   * Appends to many streams; each stream's append is atomic, the batch as a whole is not. One outcome per entry, in order.
   * A retry with the same ids at the same expected revision answers `appended` with the first revision again, and writes nothing.
   * An entry without events answers with the revision as it is (or a conflict) and writes nothing.
   * Throws `InvalidAppend` for what no retry can mend: a stream named twice, over a limit, an id that is no UUID.
   */
  append(batch: readonly StreamAppend[], lane?: Lane): Promise<readonly AppendOutcome[]>;
  /** Newest kept snapshot and the events after it, for many streams in one read; a stream that does not exist has revision 0. */
  load(streams: readonly StreamName[]): Promise<ReadonlyMap<StreamName, StreamTail>>;
  /** Events of one stream from a revision on (default 1), in order, page by page; nothing for a stream that does not exist. */
  readStream(stream: StreamName, from?: Revision): AsyncIterable<RecordedEvent>;
  /** Many streams whole, in memory, with few questions to the store; those that do not exist are left out. Not every store can. */
  readStreams?(streams: readonly StreamName[]): Promise<ReadonlyMap<StreamName, readonly RecordedEvent[]>>;
  /** Catch-up subscription after `from`, gap-free, then live; never ends by itself. */
  subscribe(from: Checkpoint, options: SubscribeOptions): AsyncIterable<RecordedBatch>;
  /** Absent where the store can prove nothing of its log. */
  readonly proof?: LogProof;
  /** Before the first event. */
  readonly start: Checkpoint;
  /** The end of the log now: everything appended before the call is at or before it. */
  end(): Promise<Checkpoint>;
  /** True when a reader at `reached` has seen everything up to `target`. */
  covers(reached: Checkpoint, target: Checkpoint): boolean;
  close(): Promise<void>;
}

/** An append that is wrong in itself; the message names the entry. */
export class InvalidAppend extends Error {
  override readonly name = 'InvalidAppend';
}
