import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll } from '@jest/globals';

import type {
  AppendOutcome, Checkpoint, EventStore, ExpectedRevision, Lane, NewEvent, RecordedBatch, RecordedEvent, StreamAppend, SubscribeOptions,
} from '../port.ts';

/** A store to test, and what removes it. Other tests may be using the same server: the suite reads only what it wrote. */
export type MakeStore = () => Promise<{ store: EventStore; cleanup(): Promise<void>; losing?: Losing | undefined }>;

/** How the answer of an append is lost between the server and the store, where a test can bring that about. */
export interface Losing {
  /** The next append is carried out, and its answer does not arrive. */
  next(): Promise<void>;
  /** What the store says of it then: `settled` where it finds out by itself before it answers. */
  readonly then: 'unknown' | 'settled';
}

/** Instant of recording of the suite's events. */
export const RECORDED_AT = Date.parse('2026-07-15T10:00:00.123Z');

/** A store of a group of tests, made once; every test uses stream names of its own. */
export interface World {
  readonly store: EventStore;
  /** Undefined where no answer can be lost on purpose, at a server that is not ours. */
  readonly losing: Losing | undefined;
  /** A prefix that no other stream has. */
  prefix(): string;
  /** Appends to one stream, one outcome. */
  append(...given: [...Parameters<typeof entry>, lane?: Lane]): Promise<AppendOutcome>;
  /** Ids of a stream's events, in order. */
  ids(stream: string, from?: number): Promise<string[]>;
}

export function world(makeStore: MakeStore): World {
  let made: Awaited<ReturnType<MakeStore>> | undefined;
  beforeAll(async () => {
    made = await makeStore();
  });
  afterAll(async () => {
    await made?.cleanup();
  });
  const store = (): EventStore => {
    if (!made) throw new Error('the store is made in beforeAll');
    return made.store;
  };
  return {
    get store() {
      return store();
    },
    get losing() {
      return made?.losing;
    },
    prefix: () => `t${randomUUID().slice(0, 13)}-`,
    append: async (...[stream, expectedRevision, added, lane]) => {
      const [outcome] = await store().append([entry(stream, expectedRevision, added)], lane);
      if (!outcome) throw new Error('no outcome');
      return outcome;
    },
    ids: async (stream, from) => {
      const ids: string[] = [];
      for await (const event of store().readStream(stream, from)) ids.push(event.id);
      return ids;
    },
  };
}

export function event(data: unknown = {}, more: Partial<NewEvent> = {}): NewEvent {
  return { id: randomUUID(), type: 'PointsEarned', schemaVersion: 1, data: JSON.stringify(data), recordedAt: RECORDED_AT, ...more };
}

export function events(count: number): NewEvent[] {
  return Array.from({ length: count }, (_, index) => event({ n: index + 1 }));
}

export function entry(stream: string, expectedRevision: ExpectedRevision, added: readonly NewEvent[]): StreamAppend {
  return { stream, expectedRevision, events: added };
}

export interface Reading extends Partial<SubscribeOptions> {
  readonly from?: Checkpoint;
  /** Ends after so many events of the prefix. */
  readonly count: number;
  readonly onBatch?: (batch: RecordedBatch) => void;
}

/** Reads a subscription until it has brought `count` events. */
export async function read(store: EventStore, reading: Reading): Promise<RecordedEvent[]> {
  const stop = new AbortController();
  const found: RecordedEvent[] = [];
  const options = { batchMax: reading.batchMax ?? 100, signal: AbortSignal.any([stop.signal, ...(reading.signal ? [reading.signal] : [])]) };
  for await (const batch of store.subscribe(reading.from ?? store.start, { ...options, prefix: reading.prefix })) {
    reading.onBatch?.(batch);
    found.push(...batch.events);
    if (found.length >= reading.count) stop.abort();
  }
  return found;
}

/** Revisions by stream, in the order they came. */
export function revisions(found: readonly RecordedEvent[]): Record<string, number[]> {
  const byStream: Record<string, number[]> = {};
  for (const { stream, revision } of found) (byStream[stream] ??= []).push(revision);
  return byStream;
}

/** 1..n, or from..n. */
export const upTo = (n: number, from = 1): number[] => Array.from({ length: n - from + 1 }, (_, index) => from + index);
