import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, freshDatabase, realClock, type TestDatabase } from '@trebol/testing';
import pg from 'pg';
import { gate } from '../contract-suite/scene.ts';
import type { MessageBatch } from '../port.ts';
import { PostgresBus } from './postgres-bus.ts';

const TOPIC = { name: 'claimed', partitions: 1, retention: { days: 1 } };

describe('claims on PostgreSQL', () => {
  let database: TestDatabase;
  let schema = 0;
  const buses: PostgresBus[] = [];
  const open = async (): Promise<PostgresBus> => {
    const bus = await PostgresBus.open({ url: database.url, schema: `bus_${schema}`, clock: realClock, topics: [TOPIC] });
    buses.push(bus);
    return bus;
  };
  const publish = (bus: PostgresBus, ids: readonly string[]): Promise<void> =>
    bus.publish(ids.map((id) => ({ topic: TOPIC.name, key: 'k', id, tenant: 'main', time: 0, value: '{}' })));
  const onServer = async (sql: string): Promise<number[]> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const result = await client.query<{ pid: number }>(sql);
    await client.end();
    return result.rows.map(({ pid }) => pid);
  };
  /** Server processes that hold a partition. */
  const claimPids = () => onServer(
    `select l.pid from pg_locks l join pg_stat_activity using (pid) where datname = current_database() and locktype = 'advisory' and mode = 'ExclusiveLock'`);
  /** Ends the connections that hold claims, as a crash or a lost network would. */
  const cutClaims = async (): Promise<number> => (await onServer(
    `select pid from (select pid, pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'trebol-bus-claims') cut`)).length;
  beforeAll(async () => { database = await freshDatabase(); });
  afterEach(async () => { for (const bus of buses.splice(0)) await bus.close(); schema += 1; });
  afterAll(async () => { await database.drop(); });

  it('given a process that lost its claims with a batch in hand, when another takes over, then that one gets the batch and the first cannot move the offset', async () => {
    const first = await open();
    const { opened, open: release } = gate();
    const byFirst: MessageBatch[] = [];
    const one = await first.consume({ topics: [TOPIC.name], group: 'g', batchMax: 10, handle: async (batch) => { byFirst.push(batch); await opened; } });
    await publish(first, ['m1']);
    await eventually(() => byFirst.length === 1, 'batch in hand');
    const second = await open();
    const bySecond: string[] = [];
    let failing = true;
    const two = await second.consume({ topics: [TOPIC.name], group: 'g', batchMax: 10, handle: async ({ messages }) => {
      bySecond.push(...messages.map(({ id }) => id));
      if (failing) throw new Error('not now');
    } });
    // It is on its way out and takes nothing more; what it holds it loses now.
    const stopped = one.stop();
    expect(await cutClaims()).toBe(2);
    await eventually(() => bySecond.includes('m1'), 'taken over');
    release();
    await stopped;
    expect(await two.lag()).toBe(1);
    failing = false;
    await publish(second, ['m2']);
    await eventually(async () => await two.lag() === 0, 'second goes on');
    expect([...new Set(bySecond)]).toEqual(['m1', 'm2']);
    expect(byFirst).toHaveLength(1);
  });

  it('given a handler that outlives its claim, when the process claims the partition again, then the next begins only after it has ended', async () => {
    const bus = await open();
    const { opened, open: release } = gate();
    let inHand = 0;
    let most = 0;
    let calls = 0;
    const running = await bus.consume({ topics: [TOPIC.name], group: 'g', batchMax: 10, handle: async () => {
      calls += 1;
      most = Math.max(most, ++inHand);
      await opened;
      inHand -= 1;
    } });
    await publish(bus, ['m1']);
    await eventually(() => calls === 1, 'batch in hand');
    const before = await claimPids();
    await cutClaims();
    await eventually(async () => { const now = await claimPids(); return now.length === 1 && now[0] !== before[0]; }, 'claimed again');
    // Time enough for a second call, were there to be one.
    for (let n = 0; n < 50; n++) await running.lag();
    expect(calls).toBe(1);
    release();
    await eventually(async () => await running.lag() === 0, 'handled again');
    expect([calls, most]).toEqual([2, 1]);
  });

  it('given a process whose claims are cut, when nobody else wants them, then it claims again and goes on where it was', async () => {
    const bus = await open();
    const seen: string[] = [];
    const running = await bus.consume({ topics: [TOPIC.name], group: 'g', batchMax: 10, handle: async ({ messages }) => { seen.push(...messages.map(({ id }) => id)); } });
    await publish(bus, ['m1']);
    await eventually(async () => await running.lag() === 0, 'first');
    expect(await cutClaims()).toBe(1);
    await publish(bus, ['m2']);
    await eventually(async () => await running.lag() === 0, 'second');
    expect([...new Set(seen)]).toEqual(['m1', 'm2']);
  });

  it('given two consumers of one group in one process, when messages come, then the partition has one handler and the other takes over when it stops', async () => {
    const bus = await open();
    const seen: string[] = [];
    const consumer = (name: string) => bus.consume({
      topics: [TOPIC.name], group: 'g', batchMax: 10, handle: async ({ messages }) => { seen.push(...messages.map(({ id }) => `${name}:${id}`)); },
    });
    const one = await consumer('one');
    const two = await consumer('two');
    await publish(bus, ['m1']);
    await eventually(async () => await one.lag() === 0, 'first');
    await one.stop();
    await publish(bus, ['m2']);
    await eventually(async () => await two.lag() === 0, 'second');
    expect(seen).toEqual(['one:m1', 'two:m2']);
  });

  it('given a batch size out of bounds, when it is subscribed, then it is refused', async () => {
    const bus = await open();
    for (const batchMax of [0, 1.5, 5_001]) {
      await expect(bus.consume({ topics: [TOPIC.name], group: 'g', batchMax, handle: async () => {} })).rejects.toThrow(RangeError);
    }
  });
});
