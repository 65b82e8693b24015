import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pointsBalance, pointsEntry, topics } from '@trebol/contracts';
import type { IncomingMessage, MessageBus, OutgoingMessage } from '@trebol/messaging';
import { eventually } from '@trebol/testing';
import { earn, member, openRig, redeem, type Rig, someHistory } from '../../test/rig.ts';
import { LogFollower } from '../follow-log.ts';
import { PublishPoints } from './publish-points.ts';

let rig: Rig;
beforeEach(async () => { rig = await openRig(); });
afterEach(async () => { await rig.close(); });

const entryTopic = topics.pointsEntry.name;
const balanceTopic = topics.pointsBalance.name;

/** A bus in memory that may refuse; what it acknowledged is in `sent`. */
class Recorder implements MessageBus {
  readonly sent: OutgoingMessage[] = [];
  refusals = 0;
  /** Acknowledges, but the answer is lost. */
  losesAnswers = 0;

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.refusals-- > 0) throw new Error('the broker is away');
    this.sent.push(...messages);
    if (this.losesAnswers-- > 0) throw new Error('the answer was lost');
  }

  consume(): never { throw new Error('not here'); }
  async close(): Promise<void> { /* nothing is open */ }
}

function publisher(bus: MessageBus, walletsMax = 100): LogFollower {
  const work = new PublishPoints({ dataSource: rig.dataSource, eventStore: rig.store, bus, clock: rig.clock, walletsMax });
  return new LogFollower({ eventStore: rig.store, clock: rig.clock, prefix: 'wallet-', batchMax: 5, commitEvents: 7, work });
}

describe('publishing points', () => {
  it('given a history, when published over the real bus, then messages fit their schemas, come in order by member, and end with what the ledger says', async () => {
    await someHistory(rig);
    await rig.services.publisher.catchUp();
    const got: IncomingMessage[] = [];
    const running = await rig.bus.consume({
      topics: [entryTopic, balanceTopic], group: 'test.reader.v1', batchMax: 100, handle: async (batch) => { got.push(...batch.messages); },
    });
    const [{ events } = { events: 0 }] = await rig.dataSource.query<{ events: string }[]>('SELECT events FROM ledger.checkpoint');
    await eventually(() => got.filter(({ topic }) => topic === entryTopic).length === Number(events) && got.some(({ topic }) => topic === balanceTopic));
    await eventually(async () => await running.lag() === 0);
    await running.stop();
    for (let n = 0; n < 7; n += 1) {
      const reading = await rig.ledger.wallet(member(n));
      const mine = got.filter(({ key }) => key === member(n).member);
      const entries = mine.filter(({ topic }) => topic === entryTopic).map(({ value }) => pointsEntry.parse(JSON.parse(value)));
      const balances = mine.filter(({ topic }) => topic === balanceTopic).map(({ value }) => pointsBalance.parse(JSON.parse(value)));
      expect(entries.map(({ revision }) => revision)).toEqual(entries.map((_, index) => index + 1));
      const { expiring, ...figures } = reading.balance;
      expect(entries.at(-1)?.balance).toEqual(figures);
      expect(balances.at(-1)).toMatchObject({ ...figures, expiring, revision: reading.revision });
      expect(mine.find(({ topic }) => topic === entryTopic)?.id).toBe(entries[0]?.entryId);
    }
    const earned = got.map(({ value }) => JSON.parse(value) as { kind?: string; explanation?: unknown[] }).find(({ kind }) => kind === 'earned');
    expect(earned?.explanation).toHaveLength(1);
  });

  it('given a broker that is away, when it comes back, then everything is published in order, and an answer that was lost only repeats ids', async () => {
    await someHistory(rig, 3);
    const bus = new Recorder();
    bus.refusals = 3;
    bus.losesAnswers = 2;
    const follower = publisher(bus);
    const end = await rig.store.end();
    follower.start();
    await eventually(() => follower.status().state === 'retrying');
    expect(follower.status().reason).toBe('the broker is away');
    await eventually(() => {
      rig.clock.advance(10_000);
      return follower.covers(end);
    });
    await follower.stop();
    const calm = new Recorder();
    await rig.dataSource.query('TRUNCATE ledger.published_wallet, ledger.checkpoint');
    await publisher(calm).catchUp();
    const once = (messages: readonly OutgoingMessage[]) => [...new Set(messages.filter(({ topic }) => topic === entryTopic).map(({ value }) => value))];
    expect(once(bus.sent).toSorted()).toEqual(once(calm.sent).toSorted());
    expect(bus.sent.length).toBeGreaterThan(calm.sent.length);
  });

  it('given a publisher that restarts with an empty memory far behind snapshots and read models, when it goes on, then figures are those of each event', async () => {
    const bus = new Recorder();
    for (const step of [1, 2, 3]) await rig.ledger.handleMany([earn(member(0), `t-${step}`, 10 * step), earn(member(1), `u-${step}`, step)]);
    await rig.services.projector.catchUp();
    const firstHalf = publisher(bus, 0);
    await firstHalf.catchUp('1:4,2:0' as Awaited<ReturnType<typeof rig.store.end>>);
    const before = bus.sent.length;
    await rig.ledger.handle(member(0), redeem(member(0), 'r', 7).command);
    await publisher(bus, 0).catchUp();
    const available = bus.sent.filter(({ topic, key }) => topic === entryTopic && key === member(0).member)
      .map(({ value }) => pointsEntry.parse(JSON.parse(value)).balance.available);
    expect(available).toEqual([0, 10, 30, 60, 53]);
    expect(before).toBeLessThan(bus.sent.length);
  });
});
