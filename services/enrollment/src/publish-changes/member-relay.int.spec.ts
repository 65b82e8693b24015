import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openDataSource } from '@trebol/chassis';
import type { OutgoingMessage } from '@trebol/messaging';
import { type TestDatabase, eventually, fixedClock, freshDatabase } from '@trebol/testing';
import { enrollmentDatabase } from '../database.ts';
import { MemberRelay } from './member-relay.ts';

type DataSource = Awaited<ReturnType<typeof openDataSource>>;
type Runner = ReturnType<DataSource['createQueryRunner']>;

let database: TestDatabase;
let dataSource: DataSource;
let published: OutgoingMessage[] = [];
let trouble: 'none' | 'before' | 'after' = 'none';
const clock = fixedClock('2026-02-10T10:00:00Z');

/** A bus that keeps what it is given, and fails before or after it did. */
const bus = {
  publish: async (messages: readonly OutgoingMessage[]) => {
    if (trouble === 'before') throw new Error('the broker is away');
    published.push(...messages);
    if (trouble === 'after') throw new Error('the acknowledgement was lost');
  },
  consume: async () => ({ stop: async () => undefined, lag: async () => 0 }),
  close: async () => undefined,
};
const relay = () => new MemberRelay(dataSource, bus, clock);

beforeAll(async () => {
  database = await freshDatabase();
  dataSource = await openDataSource({ ...enrollmentDatabase, url: database.url, poolMax: 8, applicationName: 'test' });
});
afterAll(async () => {
  await dataSource?.destroy();
  await database?.drop();
});
beforeEach(async () => {
  await dataSource.query('DELETE FROM enrollment.outbox');
  published = [];
  trouble = 'none';
});

async function write(runner: Runner | DataSource, member: string, version: number): Promise<void> {
  await runner.query('INSERT INTO enrollment.outbox (tenant, member_id, version, body, created_at) VALUES ($1, $2, $3, $4, $5)',
    ['main', member, version, `{"version":${version}}`, new Date(clock.now())]);
}
const seen = () => published.map(({ key, value }) => `${key} ${JSON.parse(value).version}`);
const position = async (): Promise<number> => Number((await dataSource.query('SELECT position FROM enrollment.relay'))[0].position);

describe('relay of member changes', () => {
  it('given a transaction that took its place first and commits last, then it is not passed over', async () => {
    const [slow, quick] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
    const began = await position();
    await slow.startTransaction();
    await write(slow, 'a', 1);
    await quick.startTransaction();
    await write(quick, 'b', 1);
    await quick.commitTransaction();
    expect(await relay().drain()).toBe(1);
    await slow.commitTransaction();
    expect(await relay().drain()).toBe(1);
    expect(seen()).toEqual(['b 1', 'a 1']);
    // The positions have no gap, in the order of publication.
    expect(await dataSource.query('SELECT member_id, position::int FROM enrollment.outbox ORDER BY position'))
      .toEqual([{ member_id: 'b', position: began + 1 }, { member_id: 'a', position: began + 2 }]);
    await Promise.all([slow.release(), quick.release()]);
  });

  it('given nothing new, when it runs twice, then nothing is published twice', async () => {
    await write(dataSource, 'a', 1);
    expect([await relay().drain(), await relay().drain()]).toEqual([1, 0]);
    expect(published).toEqual([
      { topic: 'trebol.member.changed.v1', key: 'a', id: 'main.a.1', tenant: 'main', time: clock.now(), value: '{"version":1}' },
    ]);
  });

  it.each(['before', 'after'] as const)(
    'given a bus that fails %s it took the messages, then they come again with the same ids, in order', async (when) => {
    for (const version of [1, 2, 3]) await write(dataSource, 'a', version);
    const before = await position();
    trouble = when;
    await expect(relay().drain()).rejects.toThrow();
    expect(await position()).toBe(before);
    trouble = 'none';
    await relay().drain();
    expect(seen().slice(-3)).toEqual(['a 1', 'a 2', 'a 3']);
    expect(new Set(published.map(({ id }) => id)).size).toBe(3);
    expect(await position()).toBe(before + 3);
  });

  it('given more than one batch, then all is published in order', async () => {
    await dataSource.query(`INSERT INTO enrollment.outbox (tenant, member_id, version, body, created_at)
      SELECT 'main', 'a', n, json_build_object('version', n)::text, now() FROM generate_series(1, 1201) AS n ORDER BY n`);
    expect(await relay().drain()).toBe(1201);
    expect(seen()).toEqual(Array.from({ length: 1201 }, (_, n) => `a ${n + 1}`));
  });

  it('given four relays at work while writers write, then each change is published once and in order', async () => {
    const relays = Array.from({ length: 4 }, relay);
    const writers = ['a', 'b', 'c'].map(async (member) => {
      for (let version = 1; version <= 20; version += 1) await write(dataSource, member, version);
    });
    await Promise.all([...writers, ...relays.map(async (one) => {
      await eventually(async () => {
        await one.drain();
        return published.length >= 60;
      }, 'sixty messages');
    })]);
    expect(published).toHaveLength(60);
    for (const member of ['a', 'b', 'c']) {
      expect(seen().filter((one) => one.startsWith(member))).toEqual(Array.from({ length: 20 }, (_, n) => `${member} ${n + 1}`));
    }
  });

  it('given a relay at rest under a clock that stands still, when it is woken, then it publishes at once', async () => {
    const running = relay();
    running.background.start();
    await write(dataSource, 'a', 1);
    running.background.wake();
    await eventually(() => published.length === 1, 'the message');
    trouble = 'before';
    await write(dataSource, 'a', 2);
    running.background.wake();
    trouble = 'none';
    clock.advance(1_000);
    await eventually(() => {
      clock.advance(1_000);
      return published.length === 2;
    }, 'the message after the outage');
    await running.background.stop();
  });

  it('given old published rows, then they are removed as new ones come', async () => {
    await write(dataSource, 'old', 1);
    await relay().drain();
    await dataSource.query(`UPDATE enrollment.relay SET position = position + 100001`);
    await write(dataSource, 'new', 1);
    await relay().drain();
    expect(await dataSource.query('SELECT member_id FROM enrollment.outbox')).toEqual([{ member_id: 'new' }]);
  });
});
