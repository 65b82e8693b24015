import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { realClock } from '@trebol/testing';

import { type EventStoreRig, type Faults, startEventStoreRig } from '../../../../tools/rigs/event-store/start.ts';
import { entry, event, events, read, upTo } from '../contract-suite/given.ts';
import { StoreOverloaded } from '../overloaded.ts';
import type { Lane, StreamAppend } from '../port.ts';
import { WAITING_APPENDS_MAX } from './appender.ts';
import { EventStoreDbEventStore } from './eventstoredb-event-store.ts';

/** Short, so that tests are: longer than what the rig needs to answer on a busy machine. */
const PATIENCE = { answerMs: 800, silenceMs: 800, settleMs: 10_000, readMs: 15_000 };

let folder: string;
let rig: EventStoreRig;
let store: EventStoreDbEventStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trebol-rig-'));
  rig = await startEventStoreRig({ folder });
  store = await EventStoreDbEventStore.open({ url: rig.url, clock: realClock, patience: PATIENCE });
});
afterEach(() => rig.faults.set({}));
afterAll(async () => {
  await store.close();
  await rig.stop();
  await rm(folder, { recursive: true });
});

const idsOf = async (stream: string): Promise<string[]> => (await Array.fromAsync(store.readStream(stream))).map(({ id }) => id);

/** Each stream of the batch holds exactly the ids that were to be appended, once. */
async function expectOnce(batch: readonly StreamAppend[]): Promise<void> {
  const tails = await store.load(batch.map(({ stream }) => stream));
  for (const { stream, events: added } of batch) expect(tails.get(stream)?.events.map(({ id }) => id)).toEqual(added.map(({ id }) => id));
}

const faults: readonly { name: string; faults: Faults }[] = [
  { name: 'answers late', faults: { delayMs: 300 } },
  { name: 'answers too late', faults: { delayMs: 1_500 } },
  { name: 'applies and never answers', faults: { dropAfterApply: 3 } },
  { name: 'applies and loses the connection', faults: { cutAfterApply: 3 } },
  { name: 'is not ready', faults: { errorBeforeApply: { count: 3, how: 'notReady' } } },
  { name: 'runs out of time', faults: { errorBeforeApply: { count: 3, how: 'timeout' } } },
  { name: 'goes away', faults: { errorBeforeApply: { count: 1, how: 'unavailable' } } },
  { name: 'breaks the call', faults: { errorBeforeApply: { count: 1, how: 'internal' } } },
];

describe.each(faults.flatMap((fault) => (['bulk', 'interactive'] as Lane[]).map((lane) => ({ ...fault, lane }))))('given a server that $name, in the lane $lane', ({ name, faults: set, lane }) => {
  it('when streams are appended to, then each is, exactly once, and its retry and its conflict are told apart', async () => {
    const prefix = `fault-${name.replaceAll(' ', '-')}-${lane}-`;
    const taken = entry(`${prefix}taken`, 'noStream', events(2));
    await store.append([taken], lane);
    const batch = upTo(8).map((n) => entry(`${prefix}${n}`, 'noStream', events(1 + (n % 3))));
    await rig.faults.set(set);
    const outcomes = await store.append([...batch, entry(taken.stream, 1, events(1))], lane);
    expect(outcomes).toEqual([...batch.map((one) => ({ status: 'appended', revision: one.events.length })), { status: 'conflict', actual: 2 }]);
    await rig.faults.set({});
    expect(await store.append(batch, lane)).toEqual(outcomes.slice(0, -1));
    await expectOnce([...batch, taken]);
  });
});

describe('given a log', () => {
  it('when a reader that had read all of it comes back before anything was added, then it waits and is given what comes next', async () => {
    await store.append([entry('again-a', 'noStream', events(3))]);
    const stop = new AbortController();
    let reached = store.start;
    for await (const { checkpoint, caughtUp } of store.subscribe(store.start, { prefix: 'again', batchMax: 10, signal: stop.signal })) {
      reached = checkpoint;
      if (caughtUp) stop.abort();
    }
    expect(store.covers(await store.end(), reached)).toBe(true);
    const next = read(store, { from: reached, prefix: 'again', count: 1 });
    await store.append([entry('again-b', 'noStream', events(1))]);
    expect((await next).map(({ stream }) => stream)).toEqual(['again-b']);
  });

  it('when it is from an earlier time than a checkpoint, or of another kind, then that is an error, not a wait', async () => {
    await store.append([entry('ahead', 'noStream', events(1))]);
    const ahead = await store.end();
    const other = await startEventStoreRig();
    const behind = await EventStoreDbEventStore.open({ url: other.url, clock: realClock });
    await expect(read(behind, { from: ahead, count: 1 })).rejects.toThrow(/past the end of the log/);
    await expect(read(behind, { from: '1:3,2:9' as typeof ahead, count: 1 })).rejects.toThrow(/no checkpoint of this store/);
    await behind.close();
    await other.stop();
  });
});

describe('given no server', () => {
  it('when the store is opened, then that fails after a while, with what the connection said', async () => {
    const gone = await startEventStoreRig();
    await gone.stop();
    await expect(EventStoreDbEventStore.open({ url: gone.url, clock: realClock, patience: { readMs: 300 } })).rejects.toThrow(/ECONNREFUSED|No connection established/);
  });
});

describe('given two processes', () => {
  it('when both send the same append at once, then both hear that it is there, and it stands once', async () => {
    const other = await EventStoreDbEventStore.open({ url: rig.url, clock: realClock });
    const batch = upTo(50).map((n) => entry(`twice-${n}`, 'noStream', events(2)));
    const outcomes = await Promise.all([store.append(batch), other.append(batch, 'interactive')]);
    for (const one of outcomes) expect(one).toEqual(batch.map(() => ({ status: 'appended', revision: 2 })));
    await expectOnce(batch);
    await other.close();
  });
});

describe('given the log grows by events of others only', () => {
  it.each([1, 200, 700])('when %i of them stand at the end, then a reader of a prefix still comes to cover the end, before and after', async (count) => {
    const prefix = `mine-${count}-`;
    const from = await store.end();
    await store.append([entry(`${prefix}a`, 'noStream', events(3)), entry(`others-${count}`, 'noStream', events(count))]);
    const ends = [await store.end()];
    const stop = new AbortController();
    const found: string[] = [];
    for await (const batch of store.subscribe(from, { batchMax: 10, prefix, signal: stop.signal })) {
      found.push(...batch.events.map(({ stream }) => stream));
      const end = ends.at(-1);
      if (end === undefined || !store.covers(batch.checkpoint, end)) continue;
      expect(batch.caughtUp).toBe(true);
      if (ends.length === 2) stop.abort();
      else {
        await store.append([entry(`others-${count}-later`, 'noStream', events(count))]);
        ends.push(await store.end());
      }
    }
    expect(found).toEqual([1, 2, 3].map(() => `${prefix}a`));
  });
});

describe('given an import in full run', () => {
  it('when a till appends, then it does not wait for it', async () => {
    await rig.faults.set({ delayMs: 40 });
    const order: string[] = [];
    const importing = store.append(upTo(4_000).map((n) => entry(`import-${n}`, 'noStream', events(1)))).then((outcomes) => {
      order.push('import');
      return outcomes;
    });
    const tills = upTo(5).map(async (n) => {
      await store.append([entry(`till-${n}`, 'noStream', events(1))], 'interactive');
      order.push('till');
    });
    await Promise.all(tills);
    expect((await importing).every(({ status }) => status === 'appended')).toBe(true);
    expect(order).toEqual([...tills.map(() => 'till'), 'import']);
  });

  it('when too many tills wait, then the rest is refused at once and nothing of theirs is written', async () => {
    await rig.faults.set({ delayMs: 100 });
    const appends = upTo(WAITING_APPENDS_MAX + 50).map((n) => store.append([entry(`crowd-${n}`, 'noStream', [event()])], 'interactive'));
    const settled = await Promise.allSettled(appends);
    const refused = settled.flatMap((one, index) => (one.status === 'rejected' ? [{ index: index + 1, reason: one.reason as unknown }] : []));
    expect(refused.length).toBe(50);
    for (const { index, reason } of refused.slice(0, 5)) {
      expect(reason).toBeInstanceOf(StoreOverloaded);
      expect(await idsOf(`crowd-${index}`)).toEqual([]);
    }
  });
});
