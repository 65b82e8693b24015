import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, freshDatabase, realClock } from '@trebol/testing';
import pg from 'pg';

import { entry, event, events, revisions, upTo } from '../contract-suite/given.ts';
import type { Checkpoint, RecordedEvent } from '../port.ts';
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

/** Another process's append, left open on the connection `other`: it has its position but has not committed. */
async function appendWithoutCommit(stream: string, lane: 1 | 2): Promise<void> {
  await other.query('BEGIN');
  await other.query(
    `SELECT event_store.append($1::int2, ARRAY[$2], ARRAY[0], ARRAY[1], ARRAY[NULL]::bytea[], ARRAY[NULL]::int2[], sha256('any'), ARRAY[1], ARRAY[1],
       ARRAY[gen_random_uuid()], ARRAY[1]::int2[], ARRAY['2026-07-15T00:00:00Z']::timestamptz[], ARRAY['{}'], ARRAY[NULL]::text[])`, [lane, stream]);
}

async function waitingOnLock(): Promise<number> {
  const { rows } = await other.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);
  return rows[0]?.n ?? 0;
}

async function readToEnd(from: Checkpoint, batchMax: number): Promise<{ found: RecordedEvent[]; checkpoint: Checkpoint }> {
  const target = await store.end();
  const found: RecordedEvent[] = [];
  let checkpoint = from;
  if (store.covers(from, target)) return { found, checkpoint };
  for await (const batch of store.subscribe(from, { batchMax, signal: new AbortController().signal })) {
    found.push(...batch.events);
    checkpoint = batch.checkpoint;
    if (store.covers(checkpoint, target)) break;
  }
  return { found, checkpoint };
}

describe('given an append that has its position but has not committed', () => {
  it('when a later one of its lane wants to commit first, then it waits, tills do not, and a reader skips neither', async () => {
    await store.append([entry('race-warm', 'noStream', events(1))], 'bulk');
    const from = await store.end();
    await appendWithoutCommit('race-first', 1);
    let committed = false;
    const second = store.append([entry('race-second', 'noStream', events(1))], 'bulk').then((outcomes) => {
      committed = true;
      return outcomes;
    });
    await eventually(async () => (await waitingOnLock()) === 1, 'the second append waits for the head');

    expect(await store.append([entry('race-till', 'noStream', events(1))], 'interactive')).toEqual([{ status: 'appended', revision: 1 }]);
    const early = await readToEnd(from, 1);
    expect(early.found.map(({ stream }) => stream)).toEqual(['race-till']);
    expect(committed).toBe(false);

    await other.query('COMMIT');
    expect(await second).toEqual([{ status: 'appended', revision: 1 }]);
    const late = await readToEnd(early.checkpoint, 1);
    expect(late.found.map(({ stream }) => stream)).toEqual(['race-first', 'race-second']);
    expect((await readToEnd(from, 100)).found).toHaveLength(3);
  });

  it('when it is rolled back instead, then its position is taken by the next and there is no hole', async () => {
    const from = await store.end();
    await appendWithoutCommit('gone', 2);
    const next = store.append([entry('kept', 'noStream', events(2))], 'interactive');
    await eventually(async () => (await waitingOnLock()) === 1);
    await other.query('ROLLBACK');
    expect(await next).toEqual([{ status: 'appended', revision: 2 }]);
    expect((await readToEnd(from, 10)).found.map(({ stream }) => stream)).toEqual(['kept', 'kept']);
    expect(await checkLog({ url: database.url })).toEqual([]);
  });
});

describe('given many appenders of the same few streams in both lanes and in two processes', () => {
  it('when readers follow with small and large batches, then every stream is whole and in order, and the log has no fault', async () => {
    const second = await PostgresEventStore.open({ url: database.url, clock: realClock });
    const from = await store.end();
    const streams = ['hot-1', 'hot-2', 'hot-3', 'hot-4'];
    const rounds = 25;
    const appender = async (process: PostgresEventStore, lane: 'bulk' | 'interactive', names: readonly string[]): Promise<number> => {
      let written = 0;
      for (let round = 0; round < rounds; round += 1) {
        const tails = await process.load(names);
        const batch = names.map((name) => entry(name, tails.get(name)?.revision || 'noStream', [event(), event()]));
        const outcomes = await process.append(batch, lane);
        written += 2 * outcomes.filter(({ status }) => status === 'appended').length;
      }
      return written;
    };
    const live = [1, 4, 500].map((batchMax) => readToMark(second, from, batchMax));
    const written = await Promise.all([
      appender(store, 'bulk', streams), appender(second, 'interactive', streams.toReversed()), appender(store, 'interactive', ['hot-2']),
      appender(second, 'bulk', ['hot-4', 'hot-1']), appender(second, 'interactive', ['hot-3', 'hot-2']),
    ]);
    const total = written.reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(rounds * 2);
    await store.append([entry('hot-mark', 'noStream', events(1))], 'bulk');
    const replayed = [1, 3, 1_000].map((batchMax) => readToMark(store, from, batchMax));
    for (const found of await Promise.all([...live, ...replayed])) {
      expect(found).toHaveLength(total + 1);
      for (const seen of Object.values(revisions(found))) expect(seen).toEqual(upTo(seen.length));
    }
    expect(await checkLog({ url: database.url })).toEqual([]);
    await second.close();
  });
});

/** Reads until the mark comes: it is appended when all else is committed, so its tick is above all of it and nothing may come after. */
async function readToMark(process: PostgresEventStore, from: Checkpoint, batchMax: number): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const batch of process.subscribe(from, { batchMax, prefix: 'hot-', signal: new AbortController().signal })) {
    found.push(...batch.events);
    if (found.at(-1)?.stream === 'hot-mark') break;
  }
  return found;
}
