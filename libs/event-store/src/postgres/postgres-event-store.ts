import type { Clock } from '@trebol/contracts';
import type pg from 'pg';

import { Bell } from '../bell.ts';
import type {
  AppendOutcome, Checkpoint, EventStore, Lane, LogProof, RecordedBatch, RecordedEvent, Revision, StreamAppend, StreamName, StreamTail, SubscribeOptions,
} from '../port.ts';
import { validateBatch } from '../validate-append.ts';
import { Appender } from './appender.ts';
import { chainHeads } from './chain-heads.ts';
import { checkChain } from './check-chain.ts';
import { checkLog } from './check-log.ts';
import { coversPositions, eventsBetween, fromCheckpoint, toCheckpoint } from './checkpoints.ts';
import { closePool, openPool } from './connections.ts';
import { EventKinds } from './event-kinds.ts';
import { GroupCommit } from './group-commit.ts';
import { migrate, quotedSchema } from './migrate.ts';
import { MonthTables } from './month-tables.ts';
import { EventReader } from './read-events.ts';
import { subscription } from './subscription.ts';

/** Connections of bulk appends: one writes while another's rows are encoded; the head's lock lets no more than that gain anything. */
const BULK_CONNECTIONS = 4;
/** Connections for everything else unless said otherwise: queries are short, and PostgreSQL gains nothing from more on a few cores. */
const POOL_MAX_DEFAULT = 10;

export interface PostgresEventStoreOptions {
  readonly url: string;
  /** Default `event_store`. Lower-case letters, digits and underscores. */
  readonly schema?: string;
  /** Connections for reads and tills, default 10; bulk appends have 4 of their own. */
  readonly poolMax?: number;
  readonly clock: Clock;
}

interface Parts {
  readonly pools: readonly pg.Pool[];
  readonly appender: Appender;
  readonly reader: EventReader;
  readonly proof: LogProof;
  readonly clock: Clock;
}

/** The event store in PostgreSQL. What it guarantees and how: this lib's README. */
export class PostgresEventStore implements EventStore {
  readonly start = toCheckpoint(new Map());
  readonly proof: LogProof;
  private readonly bell = new Bell();
  private readonly closing = new AbortController();
  private readonly groups: GroupCommit;

  private constructor(private readonly parts: Parts) {
    this.groups = new GroupCommit((batch) => parts.appender.append(batch, 'interactive'));
    this.proof = parts.proof;
  }

  /** Connects, and makes or migrates the schema. Throws when the database cannot be reached or was migrated by a newer program. */
  static async open(options: PostgresEventStoreOptions): Promise<PostgresEventStore> {
    const { url, schema = 'event_store', poolMax = POOL_MAX_DEFAULT, clock } = options;
    const quoted = quotedSchema(schema);
    const quick = openPool(url, poolMax, 'trebol event store');
    const bulk = openPool(url, BULK_CONNECTIONS, 'trebol event store bulk');
    try {
      await migrate(quick, schema, clock);
    } catch (error) {
      await quick.end();
      await bulk.end();
      throw error;
    }
    const kinds = new EventKinds(quick, quoted);
    const months = new MonthTables(quick, quoted);
    const appender = new Appender({ schema: quoted, months, kinds, bulk, quick });
    const proof: LogProof = {
      eventsBetween: (reached, target) => eventsBetween(fromCheckpoint(reached), fromCheckpoint(target)),
      chainHeads: () => chainHeads(quick, quoted),
      checkLog: (how) => checkLog({ ...how, url, schema }),
      checkChain: (how) => checkChain({ ...how, url, schema }),
    };
    return new PostgresEventStore({ pools: [quick, bulk], appender, reader: new EventReader({ pool: quick, schema: quoted, kinds, months }), proof, clock });
  }

  /**
   * As the port says; the lane is `bulk` unless given. Interactive appends that come at the same time share a commit; throws
   * `StoreOverloaded` when too many of them wait.
   */
  async append(batch: readonly StreamAppend[], lane: Lane = 'bulk'): Promise<readonly AppendOutcome[]> {
    this.refuseWhenClosed();
    validateBatch(batch);
    if (batch.length === 0) return [];
    const outcomes = await (lane === 'interactive' ? this.groups.append(batch) : this.parts.appender.append(batch, lane));
    if (outcomes.some(({ status }) => status !== 'conflict')) this.bell.ring();
    return outcomes;
  }

  async load(streams: readonly StreamName[]): Promise<ReadonlyMap<StreamName, StreamTail>> {
    this.refuseWhenClosed();
    return this.parts.reader.load(streams);
  }

  readStream(stream: StreamName, from: Revision = 1): AsyncIterable<RecordedEvent> {
    this.refuseWhenClosed();
    return this.parts.reader.readStream(stream, from);
  }

  /** With two queries, however many they are: who closes or proves the books of many wallets reads them so. */
  async readStreams(streams: readonly StreamName[]): Promise<ReadonlyMap<StreamName, readonly RecordedEvent[]>> {
    this.refuseWhenClosed();
    return this.parts.reader.readStreams(streams);
  }

  subscribe(from: Checkpoint, options: SubscribeOptions): AsyncIterable<RecordedBatch> {
    this.refuseWhenClosed();
    const signal = AbortSignal.any([options.signal, this.closing.signal]);
    const { reader, clock } = this.parts;
    return subscription(from, { ...options, signal }, { reader, clock, bell: this.bell });
  }

  async end(): Promise<Checkpoint> {
    this.refuseWhenClosed();
    return toCheckpoint(await this.parts.reader.heads());
  }

  covers(reached: Checkpoint, target: Checkpoint): boolean {
    return coversPositions(fromCheckpoint(reached), fromCheckpoint(target));
  }

  /** Ends subscriptions, lets appends that were taken finish, and closes the connections. */
  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    await this.groups.idle();
    await Promise.all(this.parts.pools.map(closePool));
  }

  private refuseWhenClosed(): void {
    if (this.closing.signal.aborted) throw new Error('the event store is closed');
  }
}
