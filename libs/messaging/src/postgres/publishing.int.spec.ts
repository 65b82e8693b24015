import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, freshDatabase, realClock, type TestDatabase } from '@trebol/testing';
import pg from 'pg';
import { InvalidMessage, VALUE_BYTES_MAX } from '../limits.ts';
import type { IncomingMessage, OutgoingMessage } from '../port.ts';
import { PostgresBus } from './postgres-bus.ts';

const TOPICS = ['race', 'loss', 'limits', 'split'].map((name) => ({ name, partitions: 1, retention: { days: 1 } }));
const messages = (topic: string, count: number, from = 0): OutgoingMessage[] =>
  Array.from({ length: count }, (_, n) => ({ topic, key: 'k', id: `m-${from + n}`, tenant: 'main', time: 0, value: `{"n":${from + n}}` }));

describe('publishing to PostgreSQL', () => {
  let database: TestDatabase;
  let bus: PostgresBus;
  /** Publishes by hand, in transactions that stay open. */
  let client: pg.Client;
  /** Looks on from outside of them. */
  let watcher: pg.Client;
  const open = (topics = TOPICS) => PostgresBus.open({ url: database.url, clock: realClock, topics });

  beforeAll(async () => {
    database = await freshDatabase();
    bus = await open();
    client = new pg.Client({ connectionString: database.url });
    watcher = new pg.Client({ connectionString: database.url });
    await Promise.all([client.connect(), watcher.connect()]);
  });
  afterAll(async () => {
    await Promise.all([client.end(), watcher.end()]);
    await bus.close();
    await database.drop();
  });

  const consume = async (topic: string, group = 'g'): Promise<IncomingMessage[]> => {
    const seen: IncomingMessage[] = [];
    await bus.consume({ topics: [topic], group, batchMax: 1_000, handle: async (batch) => { seen.push(...batch.messages); } });
    return seen;
  };
  /** Takes position 1 of a topic and writes a message there, in a transaction that stays open. */
  const writeFirst = async (topic: string): Promise<void> => {
    await client.query('begin');
    await client.query(
      `with taken as (select t.* from bus.topic p, bus.take_positions(array[p.id], array[0::int2], array[1::int8]) t where p.name = $1)
       insert into bus.message (topic_id, partition, compacted, position, time, published_at, key, message_id, tenant, value)
       select topic_id, partition, compacted, first, now(), now(), 'k', 'slow', 'main', '{}' from taken`, [topic]);
  };
  const blocked = (): Promise<number> => eventually(async () => {
    const found = await watcher.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and application_name = 'trebol-bus'`);
    return found.rows[0]?.pid;
  }, 'a publisher that waits');

  it.each([1, 300])('given a publisher with a lower position that commits last, when %s more are published, then readers skip nothing', async (count) => {
    const topic = 'race';
    const seen = await consume(topic, `race-${count}`);
    const before = await client.query<{ position: string }>(`select position from bus.head join bus.topic on id = topic_id where name = 'race'`);
    await writeFirst(topic);
    const published = bus.publish(messages(topic, count));
    await blocked();
    expect(seen.map((message) => message.offset)).toHaveLength(Number(before.rows[0]?.position));
    await client.query('commit');
    await published;
    await eventually(() => seen.length === Number(before.rows[0]?.position) + count + 1, 'all messages');
    expect(seen.map((message) => message.offset)).toEqual(seen.map((_, n) => BigInt(n + 1)));
  });

  it.each([10, 500])('given a connection that is lost in the middle of publishing %s, when they are published again, then they are there and positions have no gap', async (count) => {
    const seen = await consume('loss', `loss-${count}`);
    const base = seen.length;
    // Nobody can write rows: the publisher waits with its positions taken.
    await client.query('begin');
    await client.query('lock table bus.message in share mode');
    const published = bus.publish(messages('loss', count, count)).then(() => 'published', () => 'refused');
    const pid = await blocked();
    await client.query('select pg_terminate_backend($1)', [pid]);
    expect(await published).toBe('refused');
    await client.query('rollback');
    await bus.publish(messages('loss', count, count));
    await eventually(() => seen.filter((message) => message.id === `m-${2 * count - 1}`).length === 1, 'the last');
    expect(seen.length - base).toBeGreaterThanOrEqual(count);
    expect(seen.map((message) => message.offset)).toEqual(seen.map((_, n) => BigInt(n + 1)));
  });

  it('given a message that can never be written, when it is published among others, then all are refused and nothing is written', async () => {
    const [good] = messages('limits', 1);
    if (!good) throw new Error('no message');
    for (const bad of [{ id: '\0' }, { value: 'x'.repeat(VALUE_BYTES_MAX + 1) }, { key: 'x'.repeat(1_001) }, { value: 'a\0b' }, { key: '\0' }]) {
      await expect(bus.publish([good, { ...good, ...bad }])).rejects.toThrow(InvalidMessage);
    }
    await expect(bus.publish([good, { ...good, topic: 'misspelt' }])).rejects.toThrow(RangeError);
    const written = await client.query(`select 1 from bus.message join bus.topic on id = topic_id where name = 'limits'`);
    expect(written.rowCount).toBe(0);
  });

  it('given more messages than one transaction takes, when they are published at once, then all arrive in order', async () => {
    const seen = await consume('split');
    await bus.publish(messages('split', 5_250));
    await eventually(() => seen.length === 5_250, 'all messages');
    expect(seen.map((message) => message.id)).toEqual(messages('split', 5_250).map((message) => message.id));
  });

  it('given processes that start at once, when they open the bus, then each finds the schema installed', async () => {
    const other = await freshDatabase();
    const buses = await Promise.all(Array.from({ length: 4 }, () => PostgresBus.open({ url: other.url, clock: realClock, topics: TOPICS })));
    await Promise.all(buses.map((opened) => opened.close()));
    await other.drop();
  });

  it('given a topic with another number of partitions, when the bus is opened, then it refuses', async () => {
    await expect(open([{ name: 'race', partitions: 2, retention: { days: 1 } }])).rejects.toThrow('race has 1 partitions, not 2');
  });

  it('given a schema of a later version, when the bus is opened, then it refuses', async () => {
    await client.query('insert into bus.schema_version values (999)');
    await expect(open()).rejects.toThrow('newer than this program');
    await client.query('delete from bus.schema_version where version = 999');
  });
});
