import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, fixedClock, freshDatabase, type FixedClock, type TestDatabase } from '@trebol/testing';
import type { IncomingMessage } from '../port.ts';
import { PostgresBus } from './postgres-bus.ts';
import { SLOW_GROUP_DAYS_MAX } from './prune.ts';

const DAY_MS = 86_400_000;
const EXPIRING = { name: 'expiring', partitions: 2, retention: { days: 7 } };
const COMPACTED = { name: 'compacted', partitions: 2, retention: 'compacted' as const };

describe('retention on PostgreSQL', () => {
  let database: TestDatabase;
  let clock: FixedClock;
  let bus: PostgresBus;
  let schema = 0;
  const buses: PostgresBus[] = [];
  const opened = async (): Promise<PostgresBus> => {
    clock = fixedClock('2026-01-01T00:00:00Z');
    bus = await PostgresBus.open({ url: database.url, schema: `bus_${schema++}`, clock, topics: [EXPIRING, COMPACTED] });
    buses.push(bus);
    return bus;
  };
  beforeAll(async () => { database = await freshDatabase(); });
  afterEach(async () => { for (const open of buses.splice(0)) await open.close(); });
  afterAll(async () => { await database.drop(); });

  const publish = (topic: string, keys: readonly string[]): Promise<void> =>
    // Happened long before it was published: retention counts from publishing.
    bus.publish(keys.map((key, n) => ({ topic, key, id: `${key}-${n}`, tenant: 'main', time: 0, value: String(n) })));
  const reader = async (topic: string, group: string, handle?: () => Promise<void>) => {
    const seen: IncomingMessage[] = [];
    const running = await bus.consume({ topics: [topic], group, batchMax: 1_000, handle: async ({ messages }) => { await handle?.(); seen.push(...messages); } });
    return { seen, running };
  };
  const readAll = async (topic: string, group: string): Promise<IncomingMessage[]> => {
    const { seen, running } = await reader(topic, group);
    await eventually(async () => await running.lag() === 0, 'no lag');
    await running.stop();
    return seen;
  };

  it('given messages of different age, when it is pruned, then those older than the days are gone, however many, and a new group goes on behind them', async () => {
    await opened();
    await publish(EXPIRING.name, Array.from({ length: 6_001 }, () => 'one-key'));
    clock.advance(6 * DAY_MS);
    await publish(EXPIRING.name, ['a', 'b']);
    expect(await bus.prune(clock.now())).toEqual({ expired: 0, compacted: 0 });
    clock.advance(DAY_MS + 1);
    expect(await bus.prune(clock.now())).toEqual({ expired: 6_001, compacted: 0 });
    expect((await readAll(EXPIRING.name, 'late')).map((message) => message.key).toSorted()).toEqual(['a', 'b']);
    clock.advance(7 * DAY_MS);
    await bus.prune(clock.now());
    expect(await readAll(EXPIRING.name, 'later')).toEqual([]);
  });

  it('given a group that has not had a message, when it is pruned, then the message waits for it, and at the limit it goes', async () => {
    await opened();
    let failing = true;
    const slow = await reader(EXPIRING.name, 'slow', async () => { if (failing) throw new Error('not now'); });
    await publish(EXPIRING.name, ['a', 'a', 'b']);
    await readAll(EXPIRING.name, 'fast');
    clock.advance(8 * DAY_MS);
    expect((await bus.prune(clock.now())).expired).toBe(0);
    failing = false;
    clock.advance(60_000);
    await eventually(async () => { clock.advance(60_000); return await slow.running.lag() === 0; }, 'slow group has come');
    expect(slow.seen.map((message) => message.key).toSorted()).toEqual(['a', 'a', 'b']);
    expect((await bus.prune(clock.now())).expired).toBe(3);
    await slow.running.stop();
    await publish(EXPIRING.name, ['c']);
    clock.advance((7 + SLOW_GROUP_DAYS_MAX) * DAY_MS + 1);
    expect((await bus.prune(clock.now())).expired).toBe(1);
    expect(await readAll(EXPIRING.name, 'slow')).toEqual([]);
  });

  it('given a compacted topic, when it is pruned again and again, then the newest message of each key stays and no other', async () => {
    await opened();
    await publish(COMPACTED.name, ['a', 'b', 'a', 'c', 'a']);
    expect((await bus.prune(clock.now())).compacted).toBe(2);
    await publish(COMPACTED.name, ['b', 'd']);
    clock.advance(1_000 * DAY_MS);
    expect((await bus.prune(clock.now())).compacted).toBe(1);
    expect((await bus.prune(clock.now())).compacted).toBe(0);
    const kept = await readAll(COMPACTED.name, 'late');
    expect(Object.fromEntries(kept.map((message) => [message.key, message.id]))).toEqual({ a: 'a-4', b: 'b-0', c: 'c-3', d: 'd-1' });
    expect(kept).toHaveLength(4);
  });

  it('given a slow group of a compacted topic, when it is pruned, then it still gets every step, and past the limit only the newest', async () => {
    await opened();
    let failing = true;
    const slow = await reader(COMPACTED.name, 'slow', async () => { if (failing) throw new Error('not now'); });
    await publish(COMPACTED.name, ['a', 'a', 'a']);
    expect((await bus.prune(clock.now())).compacted).toBe(0);
    failing = false;
    await eventually(async () => { clock.advance(60_000); return await slow.running.lag() === 0; }, 'slow group has come');
    expect(slow.seen.map((message) => message.id)).toEqual(['a-0', 'a-1', 'a-2']);
    expect((await bus.prune(clock.now())).compacted).toBe(2);
    await slow.running.stop();
    await publish(COMPACTED.name, ['a', 'a']);
    expect((await bus.prune(clock.now())).compacted).toBe(0);
    clock.advance(SLOW_GROUP_DAYS_MAX * DAY_MS + 1);
    expect((await bus.prune(clock.now())).compacted).toBe(2);
    expect((await readAll(COMPACTED.name, 'slow')).map((message) => message.id)).toEqual(['a-1']);
  });

  it('given maintenance that was started, when an hour passes, then it has pruned again, until it is stopped', async () => {
    await opened();
    bus.maintenance.start();
    await publish(EXPIRING.name, ['a']);
    clock.advance(8 * DAY_MS);
    await eventually(async () => { clock.advance(3_600_000); return (await bus.prune(0)).expired === 0 && await readAll(EXPIRING.name, 'g').then((seen) => seen.length === 0); }, 'pruned');
    await bus.maintenance.stop();
    expect(bus.maintenance.lastError).toBeUndefined();
  });
});
