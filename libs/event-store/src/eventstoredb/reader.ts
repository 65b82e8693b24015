import type { Clock } from '@trebol/contracts';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';

import { StreamDamaged } from '../damage.ts';
import { Doubling } from '../doubling.ts';
import type { RecordedEvent, Revision, StreamName, StreamTail } from '../port.ts';
import type { Connection } from './connection.ts';
import { fromRecorded, idOf, positionOf, streamOf } from './encoding.ts';
import { isPassing } from './failures.ts';
import { Messages } from './messages.ts';
import { comparePositions, LOG_START, type Position } from './positions.ts';
import { logEnd, logForwards, streamEnd, streamForwards } from './requests.ts';
import { Slots } from './turns.ts';

/** Reads at once. More only wait in the server; a read of ten events takes 2 ms. */
const READS_MAX = 64;
/** Most events in one read of a stream; longer streams are read piece by piece. */
const READ_EVENTS_MAX = 1_000;
/** Bounds of the wait before a read is tried again, in milliseconds, doubling. */
const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 1_000;
/** Events that `skipTo` looks at, at most: twice what the server passes over without a checkpoint. */
const SKIP_EVENTS_MAX = 512;

export interface ReaderParts {
  readonly connection: Connection;
  readonly clock: Clock;
  /** A read without a message for so long has failed, in milliseconds. */
  readonly silenceMs: number;
  /** Reads that fail for a passing reason are tried again for so long, in milliseconds. */
  readonly patienceMs: number;
  readonly closing: AbortSignal;
}

/** Reads of streams and of the log. Names ending in `Once` ask once; the others try again for a while. */
export class Reader {
  private readonly slots = new Slots(READS_MAX, Infinity);

  constructor(private readonly parts: ReaderParts) {}

  /** All of each stream, no more than some at a time. */
  async load(streams: readonly StreamName[]): Promise<Map<StreamName, StreamTail>> {
    const tails = await Promise.all([...new Set(streams)].map((stream) => this.slots.run(0, async (): Promise<[StreamName, StreamTail]> => {
      const events: RecordedEvent[] = [];
      for await (const event of this.readStream(stream, 1)) events.push(event);
      return [stream, { revision: events.length, events }];
    })));
    return new Map(tails);
  }

  /** Events of a stream from a revision on. Goes on where it was when the connection breaks. */
  async* readStream(stream: StreamName, from: Revision): AsyncIterable<RecordedEvent> {
    let next = Math.max(from, 1);
    for (;;) {
      const first = next;
      const page = await this.patiently(() => this.collectOnce(streamForwards(stream, next, READ_EVENTS_MAX)));
      for (const message of page) {
        const event = eventOf(message);
        if (event === undefined || event.revision !== next) throw new StreamDamaged(stream, next);
        next += 1;
        yield event;
      }
      if (next - first < READ_EVENTS_MAX) return;
    }
  }

  /** The stream's revision, 0 when it does not exist. */
  async revisionOnce(stream: StreamName): Promise<Revision> {
    const [last] = await this.slots.run(0, () => this.collectOnce(streamEnd(stream)));
    const recorded = last?.getEvent()?.getEvent();
    return recorded ? Number(recorded.getStreamRevision()) + 1 : 0;
  }

  /** Ids of the events after a revision, in order. */
  async idsOnce(stream: StreamName, after: Revision, count: number): Promise<string[]> {
    const messages = await this.slots.run(0, () => this.collectOnce(streamForwards(stream, after + 1, count)));
    return messages.map((message) => idOf(message.getEvent()?.getEvent()?.getId()));
  }

  /** The place of the last event in the log. */
  end(): Promise<Position> {
    return this.patiently(() => this.endOnce());
  }

  async endOnce(): Promise<Position> {
    const [last] = await this.collectOnce(logEnd());
    const recorded = last?.getEvent()?.getEvent();
    return recorded ? positionOf(recorded) : LOG_START;
  }

  /**
   * The furthest place after `reached` up to which no stream of the prefix has an event: what a reader of that prefix may count as read.
   * `reached` itself when the next event is one of its own.
   */
  async skipTo(reached: Position, prefix: string): Promise<Position> {
    const end = await this.endOnce();
    if (comparePositions(end, reached) <= 0) return reached;
    let skipped = reached;
    for (const message of await this.collectOnce(logForwards(reached, SKIP_EVENTS_MAX))) {
      const recorded = message.getEvent()?.getEvent();
      if (!recorded) continue;
      const at = positionOf(recorded);
      if (comparePositions(at, reached) <= 0) continue;
      if (isOurs(streamOf(recorded), prefix) || comparePositions(at, end) > 0) return skipped;
      skipped = at;
    }
    return skipped;
  }

  /** Runs a read again while it fails for a passing reason, bounded. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    const { clock, patienceMs, closing } = this.parts;
    const backoff = new Doubling(BACKOFF_MS_MIN, BACKOFF_MS_MAX);
    const began = performance.now();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isPassing(error) || closing.aborted || performance.now() - began > patienceMs) throw error;
        await clock.sleep(backoff.next(), closing);
      }
    }
  }

  /** The events that a read brings, as messages. */
  private async collectOnce(request: ReadReq): Promise<ReadResp[]> {
    const messages = new Messages(await this.parts.connection.read(request), this.parts.clock);
    const found: ReadResp[] = [];
    try {
      for (let chunk = await messages.answer(this.parts.silenceMs); chunk !== 'end'; chunk = await messages.answer(this.parts.silenceMs)) {
        found.push(...chunk.filter((message) => message.hasEvent()));
      }
      return found;
    } finally {
      messages.close();
    }
  }
}

/** True for streams that a subscription with the prefix brings; without one, for all but the server's own. */
export function isOurs(stream: StreamName, prefix: string): boolean {
  return prefix === '' ? !stream.startsWith('$') : stream.startsWith(prefix);
}

function eventOf(message: ReadResp): RecordedEvent | undefined {
  const recorded = message.getEvent()?.getEvent();
  return recorded && fromRecorded(recorded);
}
