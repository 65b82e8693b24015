import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, freshDatabase, realClock } from '@trebol/testing';
import pg from 'pg';

import { entry, event, events, upTo } from '../contract-suite/given.ts';
import { LogDamaged, StreamDamaged } from '../damage.ts';
import type { LogDifference, StreamAppend } from '../port.ts';
import { SNAPSHOT_BYTES_MAX } from './append-batch.ts';
import { checkLog } from './check-log.ts';
import { PostgresEventStore } from './postgres-event-store.ts';

const database = await freshDatabase();
const other = new pg.Client({ connectionString: database.url });
let store: PostgresEventStore;
const open = (schema?: string) => PostgresEventStore.open({ url: database.url, clock: realClock, ...(schema === undefined ? {} : { schema }) });

beforeAll(async () => {
  store = await open();
  await other.connect();
});
afterAll(async () => {
  await other.end();
  await store.close();
  await database.drop();
});

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const at = (recordedAt: string) => event({}, { recordedAt: Date.parse(recordedAt) });

async function tablesOf(stream: string): Promise<string[]> {
  const { rows } = await other.query<{ name: string }>(
    `SELECT e.tableoid::regclass::text AS name FROM event_store.event AS e JOIN event_store.stream AS s ON s.id = e.stream_id WHERE s.name = $1 ORDER BY e.revision`, [stream]);
  return rows.map(({ name }) => name);
}

describe('given events around the turn of a month', () => {
  const instants = ['2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00.000Z', '0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '2024-02-29T12:00:00.000Z'];
  const tables = ['event_2026_01', 'event_2026_02', 'event_0001_01', 'event_9999_12', 'event_2024_02'].map((name) => `event_store.${name}_1`);

  it.each([1, 100])('when %i of each are appended in one batch, then each goes to the table of its month and the order stays', async (count) => {
    const stream = `months-${count}`;
    const added = upTo(count).flatMap(() => instants.map(at));
    expect(await store.append([entry(stream, 'noStream', added)])).toEqual([{ status: 'appended', revision: added.length }]);
    expect(await tablesOf(stream)).toEqual(upTo(count).flatMap(() => tables));
    const tail = (await store.load([stream])).get(stream);
    expect(tail?.events.map(({ id, recordedAt }) => [id, recordedAt])).toEqual(added.map(({ id, recordedAt }) => [id, recordedAt]));
  });

  it('when processes that know nothing of each other begin the same months at once, then all appends succeed', async () => {
    const stores = await Promise.all(upTo(4).map(() => open()));
    const outcomes = await Promise.all(stores.flatMap((one, process) => (['bulk', 'interactive'] as const).flatMap((lane) =>
      upTo(6).map((month) => one.append([entry(`begin-${process}-${lane}-${month}`, 'noStream', [at(`2031-0${month}-15T00:00:00Z`)])], lane)))));
    expect(outcomes.flat().every(({ status }) => status === 'appended')).toBe(true);
    await Promise.all(stores.map((one) => one.close()));
  });

  it('when a month begins while another process reads and appends, then nobody waits for it', async () => {
    await store.append([entry('reader', 'noStream', [at('2026-01-01T00:00:00Z')])]);
    await other.query('BEGIN');
    await other.query(`INSERT INTO event_store.event SELECT 99, recorded_at, event_id, 99, 1, partition, kind_id, data, metadata FROM event_store.event LIMIT 1`);
    expect(await store.append([entry('new-month', 'noStream', [at('2040-01-01T00:00:00Z')])])).toEqual([{ status: 'appended', revision: 1 }]);
    await other.query('ROLLBACK');
  });
});

describe('given a month whose table some connections do not know', () => {
  const day = '2050-05-15T00:00:00Z';
  const table = 'event_store.event_2050_05_1';
  const months = `hashtextextended('trebol event months "event_store"', 0)`;
  const known = entry('known', 'noStream', [at(day), at(day)]);

  /** The list of months without this one, as a connection may have it, until `settle`: after that it has all of them again. */
  async function whileUnknown<T>(act: () => Promise<T>): Promise<T> {
    const bounds = `FOR VALUES FROM (1, '2050-05-01T00:00:00Z') TO (1, '2050-06-01T00:00:00Z')`;
    await other.query(`ALTER TABLE event_store.event DETACH PARTITION ${table}`);
    await other.query(`SELECT pg_advisory_lock(${months})`);
    const acting = act();
    try {
      await eventually(async () => {
        const { rows } = await other.query(`SELECT FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
          WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()`);
        return rows.length > 0;
      }, 'somebody who misses the month');
    } finally {
      await other.query(`ALTER TABLE event_store.event ATTACH PARTITION ${table} ${bounds}`);
      await other.query(`SELECT pg_advisory_unlock(${months})`);
    }
    return acting;
  }

  beforeAll(() => store.append([known]));

  it('when events are appended there, then they are taken', async () => {
    expect(await whileUnknown(() => store.append([entry('late', 'noStream', [at(day)])]))).toEqual([{ status: 'appended', revision: 1 }]);
  });

  it('when an append is sent again, then it is recognised', async () => {
    expect(await whileUnknown(() => store.append([known]))).toEqual([{ status: 'appended', revision: 2 }]);
  });

  it('when its streams are read, then none of their events is left out', async () => {
    expect((await whileUnknown(() => store.load(['known']))).get('known')?.events).toHaveLength(2);
    expect(await whileUnknown(() => collected(store.readStream('known')))).toHaveLength(2);
    expect((await whileUnknown(() => store.readStreams(['none', 'known']))).get('known')).toHaveLength(2);
  });

  it('when the log is followed, then none of its events is left out', async () => {
    expect(await whileUnknown(async () => {
      for await (const { events: found } of store.subscribe(store.start, { batchMax: 1_000, signal: new AbortController().signal })) {
        return found.filter(({ stream }) => stream === 'known').length;
      }
      return 0;
    })).toBe(2);
  });

  it('when an event is really gone, then no tail and no page is given', async () => {
    await store.append([entry('holed', 'noStream', [at(day), at(day), at(day)])]);
    await other.query(`DELETE FROM ${table} WHERE revision = 2 AND stream_id = (SELECT id FROM event_store.stream WHERE name = 'holed')`);
    await expect(store.load(['holed'])).rejects.toThrow(StreamDamaged);
    await expect(collected(store.readStream('holed'))).rejects.toThrow('not all of its events');
    await expect(store.readStreams(['holed'])).rejects.toThrow(StreamDamaged);
  });
});

describe('given snapshots at the limit and one byte past it', () => {
  it('when they are given with an append of one call or of a COPY, then the one is kept and the other is not, and the events are there', async () => {
    for (const count of [1, 300]) {
      for (const size of [SNAPSHOT_BYTES_MAX, SNAPSHOT_BYTES_MAX + 1]) {
        const stream = `limit-${count}-${size}`;
        await store.append([{ ...entry(stream, 'noStream', events(count)), snapshot: { schemaVersion: 2, bytes: Buffer.alloc(size, 7) } }], 'bulk');
        const { snapshot, events: tail, revision } = (await store.load([stream])).get(stream) ?? {};
        const kept = size === SNAPSHOT_BYTES_MAX;
        expect([snapshot?.bytes.length, tail?.length, revision]).toEqual([kept ? size : undefined, kept ? 0 : count, count]);
      }
    }
  });

  it('when a stream has an older snapshot, then it stays with one that is too large, and what came since is its tail', async () => {
    const given = (size: number) => ({ schemaVersion: 2, bytes: Buffer.alloc(size, 7) });
    await store.append([{ ...entry('limit-older', 'noStream', events(2)), snapshot: given(1) }]);
    await store.append([{ ...entry('limit-older', 2, events(1)), snapshot: given(SNAPSHOT_BYTES_MAX + 1) }]);
    const { snapshot, events: tail } = (await store.load(['limit-older'])).get('limit-older') ?? {};
    expect([snapshot?.revision, tail?.map(({ revision }) => revision)]).toEqual([2, [3]]);
  });
});

describe('given streams whose snapshot is at the head', () => {
  it('when they are loaded, then no event table is touched', async () => {
    const stream: StreamAppend = { stream: 'snap', expectedRevision: 'noStream', events: events(3), snapshot: { schemaVersion: 2, bytes: Buffer.from('state') } };
    await store.append([stream]);
    await other.query('BEGIN');
    await other.query('LOCK TABLE event_store.event IN ACCESS EXCLUSIVE MODE');
    const tail = (await store.load(['snap'])).get('snap');
    await other.query('ROLLBACK');
    expect(tail).toEqual({ revision: 3, events: [], snapshot: { schemaVersion: 2, bytes: Buffer.from('state'), revision: 3 } });
  });
});

describe('given the schema', () => {
  it('when several processes open it for the first time at once, then all succeed', async () => {
    const stores = await Promise.all(upTo(4).map(() => open('opened_together')));
    await Promise.all(stores.map((one) => one.close()));
  });

  it('when it was migrated by a newer program, then opening is refused', async () => {
    await (await open('newer')).close();
    await other.query('INSERT INTO newer.migration SELECT max(version) + 1, now() FROM newer.migration');
    await expect(open('newer')).rejects.toThrow('this program knows');
  });

  it('when its name is no plain name, then opening is refused', async () => {
    await expect(open('Event Store"')).rejects.toThrow('no name for');
  });
});

describe('given a log that somebody changed by hand', () => {
  const changes: readonly { name: string; sql: string; told: Partial<LogDifference> }[] = [
    { name: 'an event is deleted', sql: `DELETE FROM S.event WHERE partition = 1 AND position = 4`, told: { kind: 'position', place: 'partition 1', expected: 'position 4', found: 'position 5' } },
    { name: 'the last event is deleted', sql: `DELETE FROM S.event WHERE partition = 2 AND position = 2`, told: { kind: 'head', place: 'partition 2', found: 'head at 2, tick 3' } },
    { name: "an event's revision is changed", sql: `UPDATE S.event SET revision = 9 WHERE partition = 2 AND position = 2`, told: { kind: 'revision', place: 'b', expected: 'revision 4', found: 'revision 9' } },
    { name: "a stream's revision is changed", sql: `UPDATE S.stream SET revision = 7 WHERE name = 'a'`, told: { kind: 'streamRow', place: 'a', found: 'revision 7, snapshot at 0' } },
    { name: 'a snapshot is said to be of a later revision', sql: `UPDATE S.stream SET snapshot_revision = 8 WHERE name = 'a'`, told: { kind: 'streamRow', place: 'a' } },
    { name: 'a tick falls in its lane', sql: `UPDATE S.segment SET tick = 0 WHERE partition = 1 AND first_position = 4`, told: { kind: 'laneTick', place: 'partition 1' } },
    { name: 'a tick does not grow along its stream', sql: `UPDATE S.segment SET tick = 1 WHERE partition = 2`, told: { kind: 'streamTick', place: 'b' } },
    { name: 'a segment is removed', sql: `DELETE FROM S.segment WHERE partition = 1 AND first_position = 1`, told: { kind: 'segment', place: 'partition 1', expected: 'a segment from position 1 on', found: 'positions 4 to 5' } },
    { name: 'the head is moved', sql: `UPDATE S.log_head SET position = 3 WHERE partition = 1`, told: { kind: 'head', place: 'partition 1', expected: 'head at 5, tick 2' } },
    { name: 'a stream is deleted', sql: `DELETE FROM S.stream WHERE name = 'a'`, told: { kind: 'streamRow', found: 'no row' } },
  ];

  it.each(changes.map((change, index) => ({ ...change, index })))('when $name, then the check tells it, and before it nothing', async ({ sql, told, index }) => {
    const schema = `damaged_${index}`;
    const damaged = await open(schema);
    await damaged.append([entry('a', 'noStream', events(1)), entry('b', 'noStream', events(2))], 'bulk');
    await damaged.append([entry('a', 1, events(2))], 'bulk');
    await damaged.append([entry('b', 2, events(2))], 'interactive');
    expect(await checkLog({ url: database.url, schema })).toEqual([]);
    await other.query(sql.replaceAll('S.', `${schema}.`));
    expect(await checkLog({ url: database.url, schema })).toContainEqual(expect.objectContaining(told));
    expect(await checkLog({ url: database.url, schema, differencesMax: 1 })).toHaveLength(1);
    await damaged.close();
  });

  it('when an event is missing, then a subscription stops at it; when the log ends before the checkpoint, then it says so', async () => {
    const damaged = await open('subscribed');
    await damaged.append([entry('a', 'noStream', events(5))], 'bulk');
    const ahead = await damaged.end();
    await other.query('DELETE FROM subscribed.event WHERE position = 3');
    const reading = async (from = damaged.start) => {
      for await (const batch of damaged.subscribe(from, { batchMax: 1, signal: new AbortController().signal })) {
        if (batch.caughtUp) return;
      }
    };
    await expect(reading()).rejects.toEqual(new LogDamaged(1, 3));
    await other.query('UPDATE subscribed.log_head SET position = 2 WHERE partition = 1');
    await expect(reading(ahead)).rejects.toThrow('past the end of the log');
    await damaged.close();
  });
});
