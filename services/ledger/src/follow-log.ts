import type { Clock } from '@trebol/contracts';
import {
  type Checkpoint, type EventStore, LogDamaged, type LogPosition, type RecordedBatch, type RecordedEvent,
} from '@trebol/event-store';
import { CheckpointMoved } from './checkpoints.ts';
import { Uncommitted } from './uncommitted.ts';

/** First pause after a failed attempt; it doubles up to the maximum. */
const BACKOFF_MS_MIN = 100;
/** Longest pause between attempts: an outage that ends is noticed within this time. */
const BACKOFF_MS_MAX = 10_000;

/** What is done with the events of the log. A reader of the log owns one, and calls it from one place at a time. */
export interface LogWork {
  /** How far this work is durable; called before the first batch and after each failure. */
  resume(): Promise<Checkpoint>;
  /** Takes a batch in; need not be durable before `commit`. Throws `CannotApply` for an event that no retry can mend. */
  apply(batch: RecordedBatch): Promise<void>;
  /** Makes all that was applied durable together with its checkpoint, which it returns. */
  commit(): Promise<Checkpoint>;
  /** Forgets what was applied and not committed. */
  abandon(): Promise<void>;
}

/**
 * An event that does not fit what came before it: a hole in the revisions, or one that the fold does not know. Never skipped.
 */
export class CannotApply extends Error {
  override readonly name = 'CannotApply';
  readonly position: LogPosition;

  constructor(event: RecordedEvent, reason: string) {
    const { partition, position } = event.position;
    super(`${event.stream} revision ${event.revision} (partition ${partition}, position ${position}): ${reason}`);
    this.position = event.position;
  }
}

export interface FollowStatus {
  readonly state: 'stopped' | 'following' | 'retrying' | 'failed';
  /** True when the last batch was the end of the log. */
  readonly caughtUp: boolean;
  /** Events taken in by this process. */
  readonly events: number;
  /** Recording time of the newest event taken in, in milliseconds; how far behind a reader is while it is not caught up. */
  readonly recordedAt: number | null;
  /** Why it stands still or tries again. */
  readonly reason?: string;
  readonly position?: LogPosition;
}

export interface FollowParts {
  readonly eventStore: EventStore;
  readonly clock: Clock;
  readonly work: LogWork;
  /** Streams whose name begins so. */
  readonly prefix: string;
  /** Events per batch. */
  readonly batchMax: number;
  /** Commits after at least this many events, when somebody waits for what was applied, and at the end of the log. */
  readonly commitEvents: number;
  /**
   * How long the end of the log may wait for its commit while nobody asks for it, in milliseconds (default 0): under a steady flow
   * the end is reached with every few events, and a commit for each would write busy wallets over and over.
   */
  readonly commitMsMax?: number;
  /** Told after each batch how many events this reader has taken in. */
  readonly onBatch?: (events: number) => void;
}

interface Waiter { readonly target: Checkpoint; readonly done: () => void; readonly failed: (reason: Error) => void }

/**
 * Reads the log from its own checkpoint on, without end: one batch after the other, then a commit. What fails for a passing
 * reason is
 * tried again without end, from the last commit; an event that cannot be applied stops it for good, and says so.
 */
export class LogFollower {
  private reached: Checkpoint | undefined;
  private state: FollowStatus['state'] = 'stopped';
  private caughtUp = false;
  private events = 0;
  private recordedAt: number | null = null;
  private reason: string | undefined;
  private fault: CannotApply | LogDamaged | undefined;
  private waiters: Waiter[] = [];
  /** Wakes the reader that puts off its commit. */
  private hurry: () => void = () => undefined;
  private stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** Catch-ups asked for while nothing is started, one after the other. */
  private asked: Promise<void> = Promise.resolve();

  constructor(private readonly parts: FollowParts) {}

  start(): void {
    if (this.running !== undefined) return;
    this.stopping = new AbortController();
    this.fault = undefined;
    this.running = this.asked.then(() => this.followForEver(this.stopping.signal));
  }

  /** Ends after the batch in hand and its commit. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.running = undefined;
    if (this.state !== 'failed') this.state = 'stopped';
    for (const waiter of this.waiters.splice(0)) waiter.failed(new Error('stopped before it got there'));
  }

  /**
   * Returns when everything up to `target` (default: the end of the log now) is committed. Does the work itself when it is not
   * started.
   */
  async catchUp(target?: Checkpoint): Promise<void> {
    const until = target ?? await this.parts.eventStore.end();
    if (this.running === undefined) {
      const mine = this.asked.then(() => this.follow(new AbortController().signal, until));
      this.asked = mine.catch(() => undefined);
      await mine;
      this.state = 'stopped';
      return;
    }
    if (this.covers(until)) return;
    if (this.fault !== undefined) throw this.fault;
    await new Promise<void>((done, failed) => { 
      this.waiters.push({ target: until, done, failed });
      this.hurry();
    });
  }

  /** How far this reader has committed; undefined before it began. */
  committed(): Checkpoint | undefined {
    return this.reached;
  }

  /** True when everything up to `target` is committed here. */
  covers(target: Checkpoint): boolean {
    return this.reached !== undefined && this.parts.eventStore.covers(this.reached, target);
  }

  status(): FollowStatus {
    return {
      state: this.state, caughtUp: this.caughtUp, events: this.events, recordedAt: this.recordedAt,
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      ...(this.fault === undefined ? {} : { position: positionOf(this.fault) }),
    };
  }

  private async followForEver(signal: AbortSignal): Promise<void> {
    let pauseMs = BACKOFF_MS_MIN;
    while (!signal.aborted) {
      const before = this.events;
      try {
        await this.follow(signal);
      } catch (error) {
        if (isForGood(error) || signal.aborted) return;
        // A rebuild was swapped in, most likely: go on from there at once. Two replicas that keep overtaking each other do
        // pause.
        if (error instanceof CheckpointMoved && this.events > before) continue;
        pauseMs = this.events > before ? BACKOFF_MS_MIN : Math.min(pauseMs * 2, BACKOFF_MS_MAX);
        await this.parts.clock.sleep(pauseMs, signal);
      }
    }
  }

  private async follow(signal: AbortSignal, until?: Checkpoint): Promise<void> {
    try {
      this.reached = await this.parts.work.resume();
      this.answerWaiters();
      if (until !== undefined && this.covers(until)) return;
      this.state = 'following';
      await this.readOn(this.reached, signal, until);
      this.reason = undefined;
    } catch (error) {
      this.reason = error instanceof Error ? error.message : String(error);
      this.state = isForGood(error) ? 'failed' : 'retrying';
      if (isForGood(error)) this.fail(error);
      throw error;
    } finally {
      await this.parts.work.abandon();
    }
  }

  private async readOn(from: Checkpoint, signal: AbortSignal, until: Checkpoint | undefined): Promise<void> {
    const { eventStore, work, prefix, batchMax } = this.parts;
    const ended = new AbortController();
    const batches = eventStore.subscribe(from, { batchMax, prefix, signal: AbortSignal.any([signal, ended.signal]) })[Symbol.asyncIterator]();
    const uncommitted = new Uncommitted(this.parts);
    // The next batch is fetched while the last one is worked on. A fetch that fails is seen when it is awaited; the work may fail first.
    const fetch = (): Promise<IteratorResult<RecordedBatch>> => { const next = batches.next(); next.catch(() => undefined); return next; };
    let next = fetch();
    const turn = (): Promise<'due' | IteratorResult<RecordedBatch>> => Promise.race([...uncommitted.due((wake) => { this.hurry = wake; }), next]);
    try {
      for (let result = await turn(); result === 'due' || result.done !== true; result = await turn()) {
        if (result !== 'due') {
          next = fetch();
          await work.apply(result.value);
          uncommitted.add(result.value);
        }
        const there = uncommitted.reaches(until);
        if (result === 'due' || there || uncommitted.isDue(this.waiters)) {
          this.reached = await work.commit();
          uncommitted.clear();
        }
        if (result === 'due') this.answerWaiters();
        else this.noteProgress(result.value);
        if (there) return;
      }
      // Stopped: what was applied is committed, so that a publisher that starts again repeats nothing.
      if (!uncommitted.empty) this.reached = await work.commit();
    } finally {
      uncommitted.clear();
      ended.abort();
      await next.catch(() => undefined);
    }
  }

  private noteProgress(batch: RecordedBatch): void {
    this.events += batch.events.length;
    this.recordedAt = batch.events.at(-1)?.recordedAt ?? this.recordedAt;
    this.caughtUp = batch.caughtUp;
    this.state = 'following';
    this.reason = undefined;
    this.answerWaiters();
    this.parts.onBatch?.(this.events);
  }

  private answerWaiters(): void {
    if (this.waiters.length === 0) return;
    const ready = this.waiters.filter((waiter) => this.covers(waiter.target));
    this.waiters = this.waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.done();
  }

  private fail(error: CannotApply | LogDamaged): void {
    this.fault = error;
    for (const waiter of this.waiters.splice(0)) waiter.failed(error);
  }
}

/** What no waiting mends: an event that does not fit, or one that is missing from the log. */
function isForGood(error: unknown): error is CannotApply | LogDamaged {
  return error instanceof CannotApply || error instanceof LogDamaged;
}

const positionOf = (fault: CannotApply | LogDamaged): LogPosition =>
  (fault instanceof CannotApply ? fault.position : { partition: fault.partition, position: BigInt(fault.position) });
