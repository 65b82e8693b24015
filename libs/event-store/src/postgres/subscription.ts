import type { Clock } from '@trebol/contracts';

import type { Bell } from '../bell.ts';
import { Doubling } from '../doubling.ts';
import type { Checkpoint, RecordedBatch, SubscribeOptions } from '../port.ts';
import { fromCheckpoint, toCheckpoint } from './checkpoints.ts';
import { isUnanswered } from './connections.ts';
import { LaneMerge } from './lane-merge.ts';
import type { EventReader, LoggedEvent } from './read-events.ts';

/**
 * Bounds of the wait between two looks at the log's heads, in milliseconds, doubling while nothing comes. Appends of this process
 * ring a bell instead; polling is for those of others. No NOTIFY: it makes all commits of the database queue behind one lock.
 */
const POLL_MS_MIN = 5;
const POLL_MS_MAX = 100;
/** Bounds of the wait after a broken connection, in milliseconds, doubling. */
const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 5_000;

export interface SubscriptionParts {
  readonly reader: EventReader;
  readonly bell: Bell;
  readonly clock: Clock;
}

/**
 * Everything after `from`, then what is appended, until the signal aborts. Goes on from its own position, without end, when the
 * database is away. Throws what waiting does not mend: a hole in the log, or a checkpoint past its end (a database restored to
 * an earlier time: what was derived from the lost events must be rebuilt).
 */
export async function* subscription(from: Checkpoint, options: SubscribeOptions, parts: SubscriptionParts): AsyncIterable<RecordedBatch> {
  const { signal } = options;
  const cursor = new Cursor(from, options, parts.reader);
  const poll = new Doubling(POLL_MS_MIN, POLL_MS_MAX);
  const backoff = new Doubling(BACKOFF_MS_MIN, BACKOFF_MS_MAX);
  while (!signal.aborted) {
    const { rung } = parts.bell; // before the heads are read: see Bell
    try {
      const batch = await cursor.next();
      backoff.reset();
      if (batch === undefined) {
        await parts.clock.sleep(poll.next(), AbortSignal.any([signal, rung]));
      } else if (!signal.aborted) {
        poll.reset();
        yield batch;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isUnanswered(error)) throw error;
      await parts.clock.sleep(backoff.next(), signal);
    }
  }
}

/** Where a subscription stands: what it has reached, the merge that is under way, and the batch that is being read ahead. */
class Cursor {
  private readonly reached: Map<number, number>;
  private readonly batchMax: number;
  private merge: LaneMerge<LoggedEvent> | undefined;
  private ahead: Promise<RecordedBatch | undefined> | undefined;

  constructor(from: Checkpoint, private readonly options: SubscribeOptions, private readonly reader: EventReader) {
    this.reached = new Map(fromCheckpoint(from));
    this.batchMax = options.batchMax;
    if (!Number.isInteger(this.batchMax) || this.batchMax < 1) throw new RangeError(`batchMax ${this.batchMax} is no whole number from 1 on`);
  }

  /**
   * The next batch, undefined at the end of the log. Far from the end the one after it is read meanwhile, at most one. After an
   * error it may be called again: nothing was lost.
   */
  async next(): Promise<RecordedBatch | undefined> {
    const reading = this.ahead ?? this.read();
    this.ahead = undefined;
    const batch = await reading;
    if (batch?.caughtUp === false) {
      this.ahead = this.read();
      this.ahead.catch(() => undefined); // told by the next call, if there is one
    }
    return batch;
  }

  private async read(): Promise<RecordedBatch | undefined> {
    const merge = this.merge ?? new LaneMerge(this.reached, await this.reader.heads(), {
      pageMax: this.batchMax,
      read: (partition, after, upTo) => this.reader.readLane({ partition, after, upTo }, this.options.prefix ?? ''),
    });
    this.merge = undefined; // an error in the middle of taking leaves it astray
    const taken = await merge.take(this.batchMax);
    if (!merge.exhausted) this.merge = merge;
    if (taken.length === 0) return undefined;
    for (const { partition, position } of taken) this.reached.set(partition, position);
    return { events: taken.flatMap(({ event }) => event ?? []), checkpoint: toCheckpoint(this.reached), caughtUp: merge.exhausted };
  }
}
