import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, freshDatabase, realClock } from '@trebol/testing';
import pg from 'pg';

import { CuttingProxy } from '../contract-suite/cutting-proxy.ts';
import { entry, event, events, revisions, upTo } from '../contract-suite/given.ts';
import type { Lane, RecordedEvent } from '../port.ts';
import { checkLog } from './check-log.ts';
import { PostgresEventStore } from './postgres-event-store.ts';

const database = await freshDatabase();
const other = new pg.Client({ connectionString: database.url });
let store: PostgresEventStore;

beforeAll(async () => {
  store = await PostgresEventStore.open({ url: database.url, clock: realClock });
  await other.connect();
});
afterAll(async () => {
  await other.end();
  await store.close();
  await database.drop();
});

const idsOf = async (stream: string): Promise<string[]> => {
  const ids: string[] = [];
  for await (const { id } of store.readStream(stream)) ids.push(id);
  return ids;
};

/** Terminates the backends that wait for a lock. */
async function terminateWaiting(): Promise<void> {
  await eventually(async () => {
    const { rowCount } = await other.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);
    return rowCount !== 0;
  }, 'a backend waits for a lock');
}

const sizes: readonly { name: string; lane: Lane; events: number; lock: string }[] = [
  { name: 'a till, waiting for its stream', lane: 'interactive', events: 2, lock: `SELECT FROM event_store.stream WHERE name = 'wait-0' FOR UPDATE` },
  { name: 'an import, waiting for its stream', lane: 'bulk', events: 300, lock: `SELECT FROM event_store.stream WHERE name = 'wait-1' FOR UPDATE` },
  { name: 'an import, waiting for the head', lane: 'bulk', events: 300, lock: 'SELECT FROM event_store.log_head WHERE partition = 1 FOR UPDATE' },
  { name: 'an import, waiting in its COPY', lane: 'bulk', events: 300, lock: 'LOCK TABLE event_store.event_2026_07_1 IN ACCESS EXCLUSIVE MODE' },
];

describe.each(sizes.map((size, index) => ({ ...size, index })))('given $name, when its connection is killed', ({ lane, events: count, lock, index }) => {
  it('then the outcome is unknown, and the retry writes it exactly once', async () => {
    const stream = `wait-${index}`;
    const first = events(1);
    await store.append([entry(stream, 'noStream', first)], lane);
    const batch = [entry(stream, 1, events(count)), entry(`${stream}-new`, 'noStream', events(1))];
    await other.query('BEGIN');
    await other.query(lock);
    const appending = store.append(batch, lane);
    await terminateWaiting();
    const outcomes = await appending;
    await other.query('ROLLBACK');
    expect(outcomes.map(({ status }) => status)).toEqual(['unknown', 'unknown']);
    expect(await store.append(batch, lane)).toEqual([{ status: 'appended', revision: 1 + count }, { status: 'appended', revision: 1 }]);
    expect(await store.append(batch, lane)).toEqual([{ status: 'appended', revision: 1 + count }, { status: 'appended', revision: 1 }]);
    expect(await idsOf(stream)).toEqual([...first, ...(batch[0]?.events ?? [])].map(({ id }) => id));
    expect(await checkLog({ url: database.url })).toEqual([]);
  });
});

describe('given a network that fails just when the server answers', () => {
  const direct = new URL(database.url);
  const proxy = new CuttingProxy(direct);
  let far: PostgresEventStore;

  beforeAll(async () => {
    const url = new URL(direct);
    url.port = String(await proxy.listen());
    far = await PostgresEventStore.open({ url: url.href, clock: realClock });
  });
  afterAll(async () => {
    await far.close();
    await proxy.close();
  });

  it.each<{ lane: Lane; count: number; cutAfter: RegExp }>([
    { lane: 'interactive', count: 2, cutAfter: /event_store|append/ }, { lane: 'bulk', count: 400, cutAfter: /COMMIT/ },
  ])('when the commit of lane $lane was done but its answer is lost, then the outcome is unknown and the retry answers the first revision', async ({ lane, count, cutAfter }) => {
    const stream = `lost-${lane}`;
    await far.append([entry(stream, 'noStream', [event()])], lane);
    await far.append([entry(`${stream}-conflict`, 'noStream', events(2))], lane);
    const batch = [entry(stream, 1, events(count)), entry(`${stream}-conflict`, 1, events(1))];
    proxy.cutAfter = cutAfter;
    const [outcome, loser] = await far.append(batch, lane);
    expect(outcome?.status).toBe('unknown');
    // The import's loser was known before the commit; a till's fate is one with its group's.
    expect(loser?.status).toBe(lane === 'bulk' ? 'conflict' : 'unknown');
    await eventually(async () => (await idsOf(stream)).length === 1 + count, 'the server has committed');
    expect(await far.append(batch, lane)).toEqual([{ status: 'appended', revision: 1 + count }, { status: 'conflict', actual: 2 }]);
    expect(await idsOf(stream)).toHaveLength(1 + count);
  });

  it('when all connections break again and again while a subscriber follows, then it goes on and gets each event once', async () => {
    const from = await store.end();
    const found: RecordedEvent[] = [];
    const following = (async () => {
      for await (const batch of far.subscribe(from, { batchMax: 3, prefix: 'cut-', signal: new AbortController().signal })) {
        found.push(...batch.events);
        if (found.length === 40) return;
      }
    })();
    for (let round = 0; round < 10; round += 1) {
      const batch = upTo(4).map((n) => entry(`cut-${n}`, round === 0 ? 'noStream' : round, events(1)));
      await store.append(batch, round % 2 ? 'bulk' : 'interactive');
      if (round % 3 === 1) proxy.cutAll();
      if (round === 5) await eventually(() => found.length >= 8, 'the subscriber has come back');
    }
    await following;
    expect(revisions(found)).toEqual(Object.fromEntries(upTo(4).map((n) => [`cut-${n}`, upTo(10)])));
  });
});
