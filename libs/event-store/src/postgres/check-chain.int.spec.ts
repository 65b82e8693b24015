import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, realClock } from '@trebol/testing';
import pg from 'pg';

import { entry, event, events, upTo } from '../contract-suite/given.ts';
import { checkChain } from './check-chain.ts';
import { checkLog } from './check-log.ts';
import { MIGRATIONS } from './migrations.ts';
import { PostgresEventStore } from './postgres-event-store.ts';

const database = await freshDatabase();
const other = new pg.Client({ connectionString: database.url });
const open = (schema: string) => PostgresEventStore.open({ url: database.url, clock: realClock, schema });
const check = (schema: string) => checkChain({ url: database.url, schema });
beforeAll(() => other.connect());
afterAll(async () => {
  await other.end();
  await database.drop();
});

/** Bulk: segments 1..3, 4..4 and 5..304 (copied, one stream lost); interactive: 1..2 and 3..3 (one stream of the group lost). */
async function written(schema: string): Promise<PostgresEventStore> {
  const store = await open(schema);
  await store.append([entry('a', 'noStream', events(1)), entry('b', 'noStream', [event({}, { metadata: '{"ñ":"🎁"}' }), event()])], 'bulk');
  await store.append([entry('a', 1, [event({}, { id: 'ABCDEF00-0000-4000-8000-00000000000A' })])], 'bulk');
  await store.append([entry('c', 'noStream', events(300)), entry('b', 1, events(2))], 'bulk');
  await store.append([entry('d', 'noStream', events(2))], 'interactive');
  await store.append([entry('a', 9, events(1)), entry('b', 2, [event({}, { type: 'PointsSpent', schemaVersion: 7, recordedAt: Date.parse('0999-03-01T00:00:00.001Z') })])], 'interactive');
  return store;
}

describe('given a log written in all the ways there are', () => {
  it('when its chain is computed anew, then nothing differs, and the canonical form is the documented one', async () => {
    const store = await written('whole');
    expect(await check('whole')).toEqual([]);
    expect(await checkLog({ url: database.url, schema: 'whole' })).toEqual([]);
    expect((await store.proof.chainHeads()).map(({ lane, chainedFrom, position }) => [lane, chainedFrom, position])).toEqual([['bulk', 1, 304], ['interactive', 1, 3]]);
    // By hand, from the README: whoever writes a checker of their own starts from these bytes.
    const [first] = (await other.query<{ event_id: string }>(`SELECT event_id FROM whole.event WHERE partition = 1 AND position = 4`)).rows;
    expect(first?.event_id).toBe('abcdef00-0000-4000-8000-00000000000a');
    const sha = (...parts: readonly (string | Buffer)[]) => createHash('sha256').update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();
    const { rows } = await other.query<{ hash: Buffer }>('SELECT hash FROM whole.segment WHERE partition = 1 ORDER BY first_position LIMIT 2');
    const number = (value: number) => { const bytes = Buffer.alloc(8); bytes.writeBigInt64BE(BigInt(value)); return bytes; };
    const content = sha(['a', 2, 'abcdef00-0000-4000-8000-00000000000a', 'PointsEarned', 1, Date.parse('2026-07-15T10:00:00.123Z'), '{}', ''].map((field) => `${field}\0`).join(''));
    expect(rows[1]?.hash).toEqual(sha(rows[0]?.hash ?? '', Buffer.from([0, 1]), number(4), number(4), number(2), content));
    await store.close();
  });

  it('when appends of both lanes race, then the chain holds', async () => {
    const stores = [await open('raced'), await open('raced')];
    await Promise.all(upTo(40).map((n) => stores[n % 2]?.append([entry(`s${n % 7}`, 'noStream', events(n % 3 ? 1 : 210)), entry(`own${n}`, 'noStream', events(1))], n % 4 ? 'bulk' : 'interactive')));
    expect(await check('raced')).toEqual([]);
    await Promise.all(stores.map((one) => one.close()));
  });

  it.each([
    ['a byte of data is flipped', `UPDATE S.event SET data = '{"n":9}' WHERE partition = 1 AND position = 3`, 'partition 1', /segment of positions 1 to 3 with hash/],
    ['a byte of data in a copied segment is flipped', `UPDATE S.event SET data = overlay(data placing '7' from 6) WHERE partition = 1 AND position = 204`, 'partition 1', /positions 5 to 304/],
    ['recorded_at is moved by a millisecond', `UPDATE S.event SET recorded_at = recorded_at + interval '1 millisecond' WHERE partition = 1 AND position = 4`, 'partition 1', /positions 4 to 4/],
    ['recorded_at is moved by a microsecond', `UPDATE S.event SET recorded_at = recorded_at + interval '1 microsecond' WHERE partition = 2 AND position = 3`, 'partition 2', /positions 3 to 3/],
    ['metadata is removed', `UPDATE S.event SET metadata = '' WHERE metadata <> ''`, 'partition 1', /positions 1 to 3/],
    ['an event is given to another stream', `UPDATE S.event SET stream_id = (SELECT id FROM S.stream WHERE name = 'd') WHERE partition = 1 AND position = 4`, 'partition 1', /positions 4 to 4/],
    ['a stream is renamed', `UPDATE S.stream SET name = 'e' WHERE name = 'd'`, 'partition 2', /positions 1 to 2/],
    ['an id is changed', `UPDATE S.event SET event_id = gen_random_uuid() WHERE partition = 2 AND position = 1`, 'partition 2', /positions 1 to 2/],
    ['the name of a type is changed', `UPDATE S.event_kind SET name = 'PointsGiven' WHERE name = 'PointsSpent'`, 'partition 2', /positions 3 to 3/],
    ['an event is removed', `DELETE FROM S.event WHERE partition = 1 AND position = 2`, 'partition 1', /event at position 2/],
    ['the last event is removed', `DELETE FROM S.event WHERE partition = 2 AND position = 3`, 'partition 2', /event at position 3/],
    ['an event is removed and another put in its place', `UPDATE S.event SET event_id = gen_random_uuid(), revision = 8 WHERE partition = 1 AND position = 4`, 'partition 1', /positions 4 to 4/],
    ['two events change places', `UPDATE S.event AS e SET revision = 3 - e.revision, position = 3 - e.position WHERE partition = 2 AND e.position < 3 AND pg_sleep(0) IS NOT NULL`, 'partition 2', /positions 1 to 2/],
    ['an event is added at the end', `INSERT INTO S.event SELECT 305, recorded_at, gen_random_uuid(), stream_id, 301, partition, kind_id, data, metadata FROM S.event WHERE partition = 1 AND position = 304`, 'partition 1', /no event after position 304/],
    ['an event stands twice', `INSERT INTO S.event SELECT position, recorded_at + interval '1 year', event_id, stream_id, revision, partition, kind_id, data, metadata FROM S.event WHERE partition = 1 AND position = 2`, 'partition 1', /event at position 3/],
    ['a segment is removed', `DELETE FROM S.segment WHERE partition = 1 AND first_position = 4`, 'partition 1', /segment from position 4 on/],
    ['the last segment is removed', `DELETE FROM S.segment WHERE partition = 2 AND first_position = 3`, 'partition 2', /segments up to position 3/],
    ["a segment's hash is changed", `UPDATE S.segment SET hash = sha256('x') WHERE partition = 1 AND first_position = 4`, 'partition 1', /positions 4 to 4/],
    ["a segment's hash is removed", `UPDATE S.segment SET hash = NULL WHERE partition = 1 AND first_position = 1`, 'partition 1', /positions 1 to 3/],
    ['the head’s hash is changed', `UPDATE S.log_head SET hash = sha256('x') WHERE partition = 2`, 'partition 2', /head with hash/],
    ['the start of the chain is moved over a segment', `UPDATE S.log_head SET chained_from = 4 WHERE partition = 1`, 'partition 1', /positions 4 to 4/],
  ])('when %s, then the place is named', async (name, sql, place, expected) => {
    const schema = `t${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
    await (await written(schema)).close();
    if (name === 'an event stands twice') await other.query(`SELECT ${schema}.begin_month(1::int2, ${2027 * 12 + 6})`);
    if (name === 'two events change places') await other.query(`DROP INDEX ${schema}.event_2026_07_2_position_idx`);
    const { rowCount } = await other.query(sql.replaceAll('S.', `${schema}.`));
    expect(rowCount).toBeGreaterThan(0);
    expect(await check(schema)).toEqual([{ kind: 'chain', place, expected: expect.stringMatching(expected), found: expect.any(String) }]);
  });

  it('when its end is cut off, hashes and all, or it is rewritten, then only the heads that were noted tell', async () => {
    const store = await written('cut');
    const noted = await store.proof.chainHeads();
    await store.append([entry('a', 2, events(1))], 'bulk');
    expect(await checkChain({ url: database.url, schema: 'cut', noted })).toEqual([]);
    await other.query(`DELETE FROM cut.event WHERE partition = 2 AND position = 3; DELETE FROM cut.segment WHERE partition = 2 AND first_position = 3;
      UPDATE cut.log_head SET position = 2, hash = (SELECT hash FROM cut.segment WHERE partition = 2) WHERE partition = 2; UPDATE cut.stream SET revision = 2 WHERE name = 'b'`);
    expect(await check('cut')).toEqual([]);
    expect(await checkChain({ url: database.url, schema: 'cut', noted })).toEqual([expect.objectContaining({ place: 'partition 2', expected: 'a segment that ends at position 3, as noted' })]);
    await store.append([entry('b', 2, events(1))], 'interactive');
    expect(await check('cut')).toEqual([]);
    expect(await checkChain({ url: database.url, schema: 'cut', noted })).toEqual([expect.objectContaining({ expected: `hash ${noted[1]?.hash} at position 3, as noted` })]);
    await store.close();
  });

  it('when it is longer than a page of the check, then all of it is read', async () => {
    const store = await open('long');
    for (let round = 0; round < 3; round += 1) {
      await store.append(upTo(5_000).map((n) => entry(`s${n}`, round === 0 ? 'noStream' : round, events(1))), 'bulk');
    }
    await Promise.all(upTo(1_100).map((n) => store.append([entry('till', n - 1 || 'noStream', events(1))], 'interactive')));
    const heads = await store.proof.chainHeads();
    expect(heads.map(({ position }) => position)).toEqual([15_000, 1_100]);
    expect(await check('long')).toEqual([]);
    await other.query(`UPDATE long.event SET data = '{}' WHERE partition = 1 AND position = 14999`);
    await other.query(`UPDATE long.event SET data = '{}' WHERE partition = 2 AND position = 1050`);
    expect((await check('long')).map(({ expected }) => expected)).toEqual([expect.stringContaining('positions 10001 to 15000'), expect.stringContaining('positions 1050 to 1050')]);
    await store.close();
  });
});

describe('given a log of the first version', () => {
  it('when it is opened, then every event is as it was, ticks and order too, and the chain starts after them', async () => {
    await other.query(`CREATE SCHEMA before; CREATE TABLE before.migration (version int PRIMARY KEY, applied_at timestamptz NOT NULL); INSERT INTO before.migration VALUES (1, now())`);
    await other.query((MIGRATIONS[0] ?? '').replaceAll(/\bS\./g, 'before.'));
    await other.query(`INSERT INTO before.event_type VALUES (3, 'PointsSpent'), (4, 'PointsEarned');
      CREATE TABLE before.event_2026_07 PARTITION OF before.event FOR VALUES FROM ('2026-07-01T00:00:00Z') TO ('2026-08-01T00:00:00Z');
      CREATE TABLE before.event_2026_08 PARTITION OF before.event FOR VALUES FROM ('2026-08-01T00:00:00Z') TO ('2026-09-01T00:00:00Z')`);
    const append = (lane: number, name: string, expected: number) => other.query(
      `SELECT before.append($1::int2, ARRAY[$2], ARRAY[$3::int], ARRAY[2], ARRAY['\\x01']::bytea[], ARRAY[5]::int2[], ARRAY[1, 1], ARRAY[$3 + 1, $3 + 2],
        ARRAY[gen_random_uuid(), gen_random_uuid()], ARRAY[3, 4]::int2[], ARRAY[1, 2]::int2[], ARRAY['2026-07-31T23:59:59.999Z', '2026-08-01T00:00:00Z']::timestamptz[],
        ARRAY['{"a":1}', '{"b":2}'], ARRAY[NULL, '{"m":3}']::text[])`, [lane, name, expected]);
    await append(1, 'b', 0);
    await append(2, 'a', 0);
    await append(1, 'a', 2);
    const store = await open('before');
    const found = [];
    for await (const batch of store.subscribe(store.start, { batchMax: 4, signal: new AbortController().signal })) {
      found.push(...batch.events);
      if (batch.caughtUp) break;
    }
    expect(found.map(({ stream, revision, position }) => `${stream}${revision}@${position.partition}:${position.position}`)).toEqual(['b1@1:1', 'b2@1:2', 'a1@2:1', 'a2@2:2', 'a3@1:3', 'a4@1:4']);
    expect(found.slice(0, 2)).toEqual([
      expect.objectContaining({ type: 'PointsSpent', schemaVersion: 1, data: '{"a":1}', recordedAt: Date.parse('2026-07-31T23:59:59.999Z') }),
      expect.objectContaining({ type: 'PointsEarned', schemaVersion: 2, data: '{"b":2}', metadata: '{"m":3}', recordedAt: Date.parse('2026-08-01T00:00:00Z') })]);
    expect((await store.load(['a'])).get('a')).toEqual({ revision: 4, events: [], snapshot: { revision: 4, schemaVersion: 5, bytes: Buffer.from([1]) } });
    expect(await store.append([entry('a', 4, events(1)), entry('new', 'noStream', events(1))])).toEqual([{ status: 'appended', revision: 5 }, { status: 'appended', revision: 1 }]);
    expect((await store.proof.chainHeads()).map(({ chainedFrom }) => chainedFrom)).toEqual([5, 3]);
    expect([...await checkLog({ url: database.url, schema: 'before' }), ...await check('before')]).toEqual([]);
    await other.query(`UPDATE before.event SET data = '{}' WHERE partition = 1 AND position = 6`);
    expect(await check('before')).toEqual([expect.objectContaining({ expected: expect.stringContaining('positions 5 to 6') })]);
    await store.close();
  });
});
