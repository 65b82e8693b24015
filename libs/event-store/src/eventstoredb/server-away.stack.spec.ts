import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, realClock } from '@trebol/testing';

import { type EventStoreRig, startEventStoreRig } from '../../../../tools/rigs/event-store/start.ts';
import { entry, events, read, revisions, upTo } from '../contract-suite/given.ts';
import type { RecordedEvent, StreamAppend } from '../port.ts';
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
afterAll(async () => {
  await store.close();
  await rig.stop();
  await rm(folder, { recursive: true });
});

const idsOf = async (stream: string): Promise<string[]> => (await Array.fromAsync(store.readStream(stream))).map(({ id }) => id);
const restart = async (): Promise<void> => {
  await rig.kill();
  rig = await startEventStoreRig({ folder, port: rig.port });
};

/** Each stream of the batch holds exactly the ids that were to be appended, once. */
async function expectOnce(batch: readonly StreamAppend[]): Promise<void> {
  const tails = await store.load(batch.map(({ stream }) => stream));
  for (const { stream, events: added } of batch) expect(tails.get(stream)?.events.map(({ id }) => id)).toEqual(added.map(({ id }) => id));
}

describe('given a server that is frozen', () => {
  it('when it does not come back, then outcomes are unknown and reads fail; when it does, the same append settles it, exactly once', async () => {
    const impatient = await EventStoreDbEventStore.open({ url: rig.url, clock: realClock, patience: { answerMs: 200, silenceMs: 200, settleMs: 400, readMs: 400 } });
    const batch = upTo(600).map((n) => entry(`frozen-${n}`, 'noStream', events(2)));
    rig.freeze();
    const [outcomes] = await Promise.all([impatient.append(batch), expect(impatient.load(['frozen-1'])).rejects.toThrow('silent')]);
    rig.thaw();
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['unknown']));
    expect(await store.append(batch)).toEqual(batch.map(() => ({ status: 'appended', revision: 2 })));
    await expectOnce(batch);
    await impatient.close();
  });

  it('when it thaws in time, then appends, reads and subscriptions go on', async () => {
    const from = await store.end();
    const batch = upTo(300).map((n) => entry(`thawed-${n}`, 'noStream', events(2)));
    const following = read(store, { from, prefix: 'thawed-', count: 600 });
    rig.freeze();
    const appending = store.append(batch, 'interactive');
    const loading = store.load(['thawed-none']);
    await realClock.sleep(1_200);
    rig.thaw();
    expect(await appending).toEqual(batch.map(() => ({ status: 'appended', revision: 2 })));
    expect((await loading).get('thawed-none')?.revision).toBe(0);
    expect(revisions(await following)).toEqual(Object.fromEntries(batch.map(({ stream }) => [stream, [1, 2]])));
    await expectOnce(batch);
  });
});

describe('given a server that is killed and restarted again and again', () => {
  it('when many append and some follow, then nothing acknowledged is lost, nothing is doubled, and every follower gets all, in order', async () => {
    const from = await store.end();
    const acknowledged = new Map<string, string[]>();
    let stopping = false;
    const write = async (writer: number): Promise<void> => {
      const stream = `killed-${writer}`;
      const ids: string[] = [];
      acknowledged.set(stream, ids);
      while (!stopping) {
        const added = events(1 + (ids.length % 3));
        const append = entry(stream, ids.length === 0 ? 'noStream' : ids.length, added);
        let [outcome] = await store.append([append], writer % 2 ? 'bulk' : 'interactive');
        while (outcome?.status === 'unknown') [outcome] = await store.append([append], 'bulk');
        expect(outcome).toEqual({ status: 'appended', revision: ids.length + added.length });
        ids.push(...added.map(({ id }) => id));
      }
    };
    const stop = new AbortController();
    const followers = await Promise.all([1, 50].map(async (batchMax) => {
      const found: RecordedEvent[] = [];
      const following = (async () => {
        for await (const batch of store.subscribe(from, { batchMax, prefix: 'killed-', signal: stop.signal })) found.push(...batch.events);
      })();
      return { found, following };
    }));
    const writing = Promise.all(upTo(64).map(write));
    for (let round = 1; round <= 3; round += 1) {
      const before = [...acknowledged.values()].flat().length;
      await eventually(() => [...acknowledged.values()].flat().length > before + 300, 'writers write');
      await restart();
      if (round === 2) await rig.faults.cut();
    }
    stopping = true;
    await writing;
    const total = [...acknowledged.values()].flat().length;
    for (const [stream, ids] of acknowledged) expect(await idsOf(stream)).toEqual(ids);
    for (const { found } of followers) await eventually(() => found.length >= total, 'followers have all');
    stop.abort();
    for (const { found, following } of followers) {
      await following;
      expect(revisions(found)).toEqual(Object.fromEntries([...acknowledged].map(([stream, ids]) => [stream, upTo(ids.length)])));
    }
  });
});
