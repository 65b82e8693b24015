import type { Clock } from '@trebol/contracts';

import type {
  AppendOutcome, Checkpoint, EventStore, Lane, RecordedBatch, RecordedEvent, Revision, StreamAppend, StreamName, StreamTail, SubscribeOptions,
} from '../port.ts';
import { validateBatch } from '../validate-append.ts';
import { Appender } from './appender.ts';
import { Connection } from './connection.ts';
import { comparePositions, fromCheckpoint, LOG_START, toCheckpoint } from './positions.ts';
import { Reader } from './reader.ts';
import { subscription } from './subscription.ts';

/** How long things may take, in milliseconds. The defaults are for a server that may be restarted; tests use shorter ones. */
export interface Patience {
  /** An append without an answer is looked up. Above the 4 s after which the server calls a retry in flight timed out. */
  readonly answerMs: number;
  /** A read without a message has failed. */
  readonly silenceMs: number;
  /** An append whose fate stays unclear is answered as unknown: a restart of the server fits in. */
  readonly settleMs: number;
  /** A read that fails for a passing reason is given up. */
  readonly readMs: number;
}

const PATIENCE: Patience = { answerMs: 5_000, silenceMs: 5_000, settleMs: 12_000, readMs: 12_000 };

export interface EventStoreDbOptions {
  /** `esdb://`, `esdb+discover://`, `kurrentdb://` or `kurrentdb+discover://`, with credentials in it where the server asks for some. */
  readonly url: string;
  /** Used for waiting only. */
  readonly clock: Clock;
  readonly patience?: Partial<Patience>;
}

/** The event store in EventStoreDB or KurrentDB. What it guarantees and how: this lib's README. */
export class EventStoreDbEventStore implements EventStore {
  readonly start = toCheckpoint(LOG_START);
  private readonly closing = new AbortController();
  private readonly connection: Connection;
  private readonly reader: Reader;
  private readonly appender: Appender;

  private constructor(private readonly options: EventStoreDbOptions) {
    const { clock } = options;
    const patience = { ...PATIENCE, ...options.patience };
    this.connection = new Connection(options.url);
    const parts = { connection: this.connection, clock, closing: this.closing.signal };
    this.reader = new Reader({ ...parts, silenceMs: patience.silenceMs, patienceMs: patience.readMs });
    this.appender = new Appender({ ...parts, reader: this.reader, answerMs: patience.answerMs, settleMs: patience.settleMs });
  }

  /** Connects. Throws when the server cannot be reached for a while, or does not let this user read the log. */
  static async open(options: EventStoreDbOptions): Promise<EventStoreDbEventStore> {
    const store = new EventStoreDbEventStore(options);
    try {
      await store.end();
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  /**
   * As the port says; the lane is `bulk` unless given. Throws `StoreOverloaded` when too many interactive appends wait. Snapshots are
   * not kept.
   */
  async append(batch: readonly StreamAppend[], lane: Lane = 'bulk'): Promise<readonly AppendOutcome[]> {
    this.refuseWhenClosed();
    validateBatch(batch);
    return this.appender.append(batch, lane);
  }

  async load(streams: readonly StreamName[]): Promise<ReadonlyMap<StreamName, StreamTail>> {
    this.refuseWhenClosed();
    return this.reader.load(streams);
  }

  readStream(stream: StreamName, from: Revision = 1): AsyncIterable<RecordedEvent> {
    this.refuseWhenClosed();
    return this.reader.readStream(stream, from);
  }

  subscribe(from: Checkpoint, options: SubscribeOptions): AsyncIterable<RecordedBatch> {
    this.refuseWhenClosed();
    const signal = AbortSignal.any([options.signal, this.closing.signal]);
    return subscription(from, { ...options, signal }, { connection: this.connection, reader: this.reader, clock: this.options.clock });
  }

  async end(): Promise<Checkpoint> {
    this.refuseWhenClosed();
    return toCheckpoint(await this.reader.end());
  }

  covers(reached: Checkpoint, target: Checkpoint): boolean {
    return comparePositions(fromCheckpoint(reached), fromCheckpoint(target)) >= 0;
  }

  /** Ends subscriptions, lets appends that were sent be answered, and closes the connection. */
  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    await this.appender.idle();
    await this.connection.close();
  }

  private refuseWhenClosed(): void {
    if (this.closing.signal.aborted) throw new Error('the event store is closed');
  }
}
