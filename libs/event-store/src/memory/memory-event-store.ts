import { Bell } from '../bell.ts';
import type {
  AppendOutcome, Checkpoint, EventStore, RecordedBatch, RecordedEvent, Revision, Snapshot, StreamAppend, StreamName, StreamTail, SubscribeOptions,
} from '../port.ts';
import { recogniseRetry } from '../recognise-retry.ts';
import { expectedOf, validateBatch } from '../validate-append.ts';

interface Stream {
  readonly events: RecordedEvent[];
  snapshot?: Snapshot & { readonly revision: Revision };
}

const PARTITION = 1;

/** The event store in this process's memory: for tests and for trying rules out. Nothing outlives the object. */
export class MemoryEventStore implements EventStore {
  readonly start = checkpointAt(0);
  private readonly streams = new Map<StreamName, Stream>();
  private readonly log: RecordedEvent[] = [];
  private readonly bell = new Bell();
  private readonly closing = new AbortController();
  private losing = 0;

  async append(batch: readonly StreamAppend[]): Promise<readonly AppendOutcome[]> {
    this.refuseWhenClosed();
    validateBatch(batch);
    const outcomes = batch.map((append) => this.appendOne(append));
    this.bell.ring();
    if (this.losing === 0) return outcomes;
    this.losing -= 1;
    return outcomes.map(() => ({ status: 'unknown', cause: new Error('the answer was lost') }));
  }

  /** For tests: the next append is carried out, and its caller is told that nobody knows. */
  loseNextAnswer(): void {
    this.losing += 1;
  }

  async load(streams: readonly StreamName[]): Promise<ReadonlyMap<StreamName, StreamTail>> {
    this.refuseWhenClosed();
    return new Map(streams.map((name) => {
      const { events = [], snapshot } = this.streams.get(name) ?? {};
      const tail = { revision: events.length, events: events.slice(snapshot?.revision ?? 0) };
      return [name, snapshot === undefined ? tail : { ...tail, snapshot }];
    }));
  }

  async* readStream(stream: StreamName, from: Revision = 1): AsyncIterable<RecordedEvent> {
    this.refuseWhenClosed();
    const { events } = this.streams.get(stream) ?? { events: [] };
    yield* events.slice(Math.max(from, 1) - 1);
  }

  async* subscribe(from: Checkpoint, options: SubscribeOptions): AsyncIterable<RecordedBatch> {
    const signal = AbortSignal.any([options.signal, this.closing.signal]);
    let position = positionAt(from);
    while (!signal.aborted) {
      const { rung } = this.bell;
      const page = this.log.slice(position, position + options.batchMax);
      if (page.length === 0) {
        await aborted(AbortSignal.any([signal, rung]));
        continue;
      }
      position += page.length;
      yield {
        events: page.filter((event) => event.stream.startsWith(options.prefix ?? '')),
        checkpoint: checkpointAt(position),
        caughtUp: position === this.log.length,
      };
    }
  }

  async end(): Promise<Checkpoint> {
    this.refuseWhenClosed();
    return checkpointAt(this.log.length);
  }

  covers(reached: Checkpoint, target: Checkpoint): boolean {
    return positionAt(reached) >= positionAt(target);
  }

  async close(): Promise<void> {
    this.closing.abort();
  }

  private appendOne(append: StreamAppend): AppendOutcome {
    const expected = expectedOf(append);
    const known = this.streams.get(append.stream);
    const actual = known?.events.length ?? 0;
    if (actual !== expected || append.events.length === 0) {
      const ids = known?.events.slice(expected, expected + append.events.length).map((event) => event.id) ?? [];
      return recogniseRetry(expected, append.events, { actual, ids });
    }
    const stream: Stream = known ?? { events: [] };
    this.streams.set(append.stream, stream);
    for (const event of append.events) {
      const recorded: RecordedEvent = {
        ...event, id: event.id.toLowerCase(), stream: append.stream, revision: stream.events.length + 1,
        position: { partition: PARTITION, position: BigInt(this.log.length + 1) },
      };
      stream.events.push(recorded);
      this.log.push(recorded);
    }
    const revision = stream.events.length;
    if (append.snapshot) stream.snapshot = { ...append.snapshot, bytes: append.snapshot.bytes.slice(), revision };
    return { status: 'appended', revision };
  }

  private refuseWhenClosed(): void {
    if (this.closing.signal.aborted) throw new Error('the event store is closed');
  }
}

function checkpointAt(position: number): Checkpoint {
  return `${PARTITION}:${position}` as Checkpoint;
}

function positionAt(checkpoint: Checkpoint): number {
  const found = /^1:(\d+)$/.exec(checkpoint);
  if (!found) throw new Error(`${checkpoint} is no checkpoint of this store`);
  return Number(found[1]);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => { resolve(); }, { once: true });
  });
}
