import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';

import { LogDamaged } from '../damage.ts';
import type { RecordedBatch, RecordedEvent, SubscribeOptions } from '../port.ts';
import { fromRecorded, positionOf, type Recorded } from './encoding.ts';
import { comparePositions, type Position, toCheckpoint } from './positions.ts';

/** Makes batches of what a subscription brings, and knows how far they go. */
export class Batches {
  readonly prefix: string;
  /** All up to here was taken in; nothing at or before it is taken again. */
  reached: Position;
  /** True when the server has said that the end of the log was reached. */
  isLive = false;
  private events: RecordedEvent[] = [];
  /** How far the batches given out go. */
  private given: Position;
  /**
   * What the server's last checkpoint said. Before it goes live that may be where its next record will begin, past its last event: a reader
   * that came back from there to a log that did not grow meanwhile would look like one of another log. So it counts when more has come.
   */
  private promised: Position | undefined;
  /** The last batch said that more was to come. */
  private owesEnd = false;

  constructor(from: Position, private readonly options: SubscribeOptions) {
    this.prefix = options.prefix ?? '';
    this.reached = from;
    this.given = from;
  }

  /** True while a batch waits for more events of the past. */
  get isFilling(): boolean {
    return !this.isLive && this.events.length > 0;
  }

  restart(): void {
    this.isLive = false;
    this.promised = undefined;
  }

  /** Takes in what came; gives batches that are full, and at the end of the log, or when nothing more came, also the last one. */
  * take(chunk: readonly ReadResp[] | 'quiet'): Iterable<RecordedBatch> {
    for (const message of chunk === 'quiet' ? [] : chunk) {
      if (message.hasFellBehind()) this.isLive = false;
      if (message.hasCaughtUp()) this.isLive = true;
      const checkpoint = message.getCheckpoint();
      if (checkpoint) this.promise(positionOf(checkpoint));
      const recorded = message.getEvent()?.getEvent();
      if (recorded) yield* this.takeEvent(recorded);
    }
    if (this.isLive || chunk === 'quiet') yield* this.flush();
  }

  private* takeEvent(recorded: Recorded): Iterable<RecordedBatch> {
    const at = positionOf(recorded);
    if (comparePositions(at, this.reached) <= 0) return;
    const event = fromRecorded(recorded);
    if (event === undefined && this.prefix !== '') throw new LogDamaged(1, Number(at.commit));
    if (this.events.length === this.options.batchMax) yield this.batch(false);
    this.reached = at;
    if (event) this.events.push(event);
  }

  private promise(position: Position): void {
    if (this.promised !== undefined && comparePositions(position, this.promised) > 0) this.skipTo(this.promised);
    this.promised = position;
  }

  skipTo(position: Position): void {
    if (comparePositions(position, this.reached) > 0) this.reached = position;
  }

  /** What there is, if it says anything new. */
  private* flush(): Iterable<RecordedBatch> {
    const moved = this.events.length > 0 || comparePositions(this.reached, this.given) > 0;
    if (moved || (this.isLive && this.owesEnd)) yield this.batch(this.isLive);
  }

  private batch(caughtUp: boolean): RecordedBatch {
    const { events } = this;
    this.events = [];
    this.given = this.reached;
    this.owesEnd = !caughtUp;
    return { events, checkpoint: toCheckpoint(this.reached), caughtUp };
  }
}
