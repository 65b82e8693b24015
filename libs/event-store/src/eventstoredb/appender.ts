import type { Clock } from '@trebol/contracts';

import { Doubling } from '../doubling.ts';
import { StoreOverloaded } from '../overloaded.ts';
import type { AppendOutcome, Lane, StreamAppend } from '../port.ts';
import { recogniseRetry } from '../recognise-retry.ts';
import { bytesOf, expectedOf } from '../validate-append.ts';
import { type Answer, AppendCall, type AppendCallParts, type Sending } from './append-call.ts';
import { isPassing } from './failures.ts';
import type { Reader } from './reader.ts';
import { Slots, StreamTurns } from './turns.ts';

/**
 * Appends in flight of each lane. The client gains little above 256; tills have room of their own, so that what a till waits for is at most
 * what is in flight already (some 60 ms), never an import's queue.
 */
const IN_FLIGHT_MAX: Readonly<Record<Lane, number>> = { bulk: 256, interactive: 128 };
/** Bytes of events in flight of each lane: bounds what is encoded at once, and what a till's append finds before it on the connection. */
const IN_FLIGHT_BYTES_MAX: Readonly<Record<Lane, number>> = { bulk: 4_194_304, interactive: 4_194_304 };
/** Most appends of tills that may wait: at the 3,000 a second that the server takes, under a second's worth. */
export const WAITING_APPENDS_MAX = 2_048;
/** Bounds of the wait before the same append is sent again, in milliseconds, doubling. */
const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 1_000;

export interface AppenderParts extends AppendCallParts {
  readonly clock: Clock;
  readonly reader: Reader;
  /** An append whose fate stays unclear for so long is answered as unknown, in milliseconds. */
  readonly settleMs: number;
  readonly closing: AbortSignal;
}

/** One `append` of the port. When one of its streams ends as unknown, those not sent yet are not even tried: the server is away. */
interface Batch { given?: { readonly cause: unknown } }

/** Appends stream by stream, many at once, at most one for each stream; settles what the server did not answer. */
export class Appender {
  private readonly turns = new StreamTurns();
  private readonly lanes: Readonly<Record<Lane, { readonly slots: Slots; readonly call: AppendCall }>>;
  private readonly working = new Set<Promise<unknown>>();
  private tillsWaiting = 0;

  constructor(private readonly parts: AppenderParts) {
    const laneOf = (lane: Lane) => ({ slots: new Slots(IN_FLIGHT_MAX[lane], IN_FLIGHT_BYTES_MAX[lane]), call: new AppendCall(parts) });
    this.lanes = { bulk: laneOf('bulk'), interactive: laneOf('interactive') };
  }

  /** Outcomes in the order of the batch. Throws what the server refuses for good; other streams of the batch may be written then. */
  async append(batch: readonly StreamAppend[], lane: Lane): Promise<AppendOutcome[]> {
    if (lane === 'interactive') this.letTillsIn(batch.length);
    const shared: Batch = {};
    const work = Promise.allSettled(batch.map((append) => this.appendOne(append, lane, shared)));
    this.working.add(work);
    const settled = await work;
    this.working.delete(work);
    if (lane === 'interactive') this.tillsWaiting -= batch.length;
    return settled.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }

  /** Resolves when no append is under way any more. */
  async idle(): Promise<void> {
    while (this.working.size > 0) await Promise.all(this.working);
  }

  private letTillsIn(count: number): void {
    if (this.tillsWaiting > 0 && this.tillsWaiting + count > WAITING_APPENDS_MAX) {
      throw new StoreOverloaded(`${this.tillsWaiting} appends are waiting already, ${count} more are not taken`);
    }
    this.tillsWaiting += count;
  }

  private appendOne(append: StreamAppend, lane: Lane, batch: Batch): Promise<AppendOutcome> {
    const { stream, events } = append;
    const sending: Sending = { stream, events, expected: expectedOf(append) };
    const bytes = events.reduce((sum, event) => sum + bytesOf(event), 0);
    const { slots, call } = this.lanes[lane];
    return this.turns.run(stream, () => slots.run(bytes, async (): Promise<AppendOutcome> => {
      if (batch.given) return { status: 'unknown', cause: batch.given.cause };
      const outcome = await this.settle(sending, call);
      if (outcome.status === 'unknown') batch.given ??= { cause: outcome.cause };
      return outcome;
    }));
  }

  /**
   * Sends until the fate is certain. As long as the stream is at the expected revision an append that got lost may still arrive: the same
   * one is sent again, which the server recognises.
   */
  private async settle(sending: Sending, call: AppendCall): Promise<AppendOutcome> {
    const { clock, settleMs, closing } = this.parts;
    const backoff = new Doubling(BACKOFF_MS_MIN, BACKOFF_MS_MAX);
    const began = performance.now();
    for (;;) {
      const answer: Answer = sending.events.length === 0 ? { kind: 'conflict' } : await call.send(sending);
      if (answer.kind === 'refused') throw answer.cause;
      const end = sending.expected + sending.events.length;
      if (answer.kind === 'appended' && answer.revision === end) return { status: 'appended', revision: end };
      const found = await this.look(sending);
      if (isCertain(sending, answer, found)) return found;
      if (closing.aborted || performance.now() - began > settleMs) return { status: 'unknown', cause: causeOf(answer, found) };
      await clock.sleep(backoff.next(), closing);
    }
  }

  /** What the stream holds where the append wants its events to be; unknown when it cannot be read just now. */
  private async look({ stream, expected, events }: Sending): Promise<AppendOutcome> {
    try {
      const actual = await this.parts.reader.revisionOnce(stream);
      const there = events.length > 0 && actual >= expected + events.length;
      const ids = there ? await this.parts.reader.idsOnce(stream, expected, events.length) : [];
      return recogniseRetry(expected, events, { actual, ids });
    } catch (error) {
      if (!isPassing(error)) throw error;
      return { status: 'unknown', cause: error };
    }
  }
}

/**
 * True when what was found stays so. The ids stand there: written. Others stand there: the stream has gone past the expected revision
 * and never comes back. The stream is short of it, and the server has refused the append for that: a conflict.
 */
function isCertain({ expected, events }: Sending, answer: Answer, found: AppendOutcome): boolean {
  switch (found.status) {
    case 'appended': return true;
    case 'conflict': return found.actual > expected || (answer.kind === 'conflict' && (found.actual < expected || events.length === 0));
    case 'unknown': return false;
  }
}

function causeOf(answer: Answer, found: AppendOutcome): unknown {
  if ('cause' in answer) return answer.cause;
  return found.status === 'unknown' ? found.cause : new Error('the event store contradicts itself');
}
