import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type EventStore, type RecordedBatch, type RecordedEvent } from '@trebol/event-store';
import { WALLET_PREFIX } from '@trebol/points';
import { eventually } from '@trebol/testing';
import fc from 'fast-check';
import { allRows, DAY, earn, hold, member, NOON, openRig, redeem, type Rig, someHistory } from '../test/rig.ts';
import { WalletProjection } from './project-wallets.ts';
import { LIVE } from './read-models.ts';

let rig: Rig;
beforeEach(async () => { rig = await openRig(); });
afterEach(async () => { await rig.close(); });

const projection = (store: EventStore = rig.store, walletsMax = 100): WalletProjection =>
  new WalletProjection({ dataSource: rig.dataSource, eventStore: store, clock: rig.clock, tables: LIVE, walletsMax });

/** The whole log as batches of the given size. */
async function batches(batchMax: number): Promise<RecordedBatch[]> {
  const found: RecordedBatch[] = [];
  const end = await rig.store.end();
  const ended = new AbortController();
  for await (const batch of rig.store.subscribe(rig.store.start, { batchMax, signal: ended.signal, prefix: WALLET_PREFIX })) {
    found.push(batch);
    if (rig.store.covers(batch.checkpoint, end)) break;
  }
  ended.abort();
  return found;
}

async function emptied(): Promise<void> {
  await rig.dataSource.query('TRUNCATE ledger.balance, ledger.entry, ledger.checkpoint');
}

describe('projecting wallets', () => {
  it('given a history, when projected, then each row says what the ledger says, and the entity declarations fit the tables', async () => {
    await someHistory(rig);
    await rig.services.projector.catchUp();
    for (let n = 0; n < 7; n += 1) {
      const reading = await rig.ledger.wallet(member(n));
      const [row] = await rig.dataSource.query<Record<string, unknown>[]>('SELECT * FROM ledger.balance WHERE member_id = $1', [member(n).member]);
      const { available, pending, held, debt } = reading.balance;
      expect(row).toMatchObject({
        revision: reading.revision, available: `${available}`, pending: `${pending}`, held: `${held}`, debt: `${debt}`,
      });
      const [entries] = await rig.dataSource.query<Record<string, unknown>[]>(
        'SELECT count(*)::int AS entries, sum(points)::int AS owned FROM ledger.entry WHERE member_id = $1', [member(n).member]);
      expect(entries).toEqual({ entries: reading.revision, owned: available + pending + held - debt });
    }
    const drift = await rig.dataSource.driver.createSchemaBuilder().log();
    expect(drift.upQueries.map(({ query }) => query).filter((query) => !/published_wallet|checkpoint/.test(query))).toEqual([]);
  });

  it('given batches that were projected, when they are delivered twice, by one process and by a restarted one, then nothing changes', async () => {
    await someHistory(rig);
    const all = await batches(5);
    const first = projection();
    await first.resume();
    for (const batch of all) {
      await first.apply(batch);
      await first.commit();
      await first.apply(batch);
      await first.commit();
    }
    const rows = await allRows(rig.dataSource);
    const second = projection();
    await second.resume();
    for (const batch of all) {
      await second.apply(batch);
      await second.commit();
    }
    expect(await allRows(rig.dataSource)).toEqual(rows);
  });

  it('given a failure inside the transaction, when the batch is projected, then neither rows nor checkpoint are there, and the next attempt has both', async () => {
    await someHistory(rig);
    await rig.dataSource.query(`CREATE FUNCTION ledger.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'power cut'; END $$`);
    await rig.dataSource.query('CREATE TRIGGER fail BEFORE UPDATE ON ledger.checkpoint FOR EACH ROW EXECUTE FUNCTION ledger.fail()');
    await expect(rig.services.projector.catchUp()).rejects.toThrow('power cut');
    expect(await allRows(rig.dataSource)).toEqual({ balances: [], entries: [] });
    expect(await rig.dataSource.query('SELECT * FROM ledger.checkpoint')).toEqual([]);
    await rig.dataSource.query('DROP TRIGGER fail ON ledger.checkpoint');
    await rig.services.projector.catchUp();
    expect((await rig.services.verify.run()).difference).toBeNull();
  });

  it('given two replicas, when both project the same log, then one writes each batch and the rows are right', async () => {
    await someHistory(rig, 20);
    const other = rig.restarted();
    rig.services.projector.start();
    other.projector.start();
    for (let n = 0; n < 5; n += 1) {
      await rig.ledger.handle(member(n), redeem(member(n), `late-${n}`, 5).command);
      const end = await rig.store.end();
      await eventually(() => {
        rig.clock.advance(10_000); // whoever lost the race looks again after a pause
        return rig.services.projector.covers(end) && other.projector.covers(end);
      }, 'both replicas are at the end');
    }
    await other.projector.stop();
    expect((await rig.services.verify.run()).difference).toBeNull();
  });

  it('given tills and imports on two lanes, when the log is cut and interleaved in any way, then the rows are the same', async () => {
    for (let n = 0; n < 4; n += 1) {
      await rig.ledger.handleMany([earn(member(n), `a-${n}`, 100), earn(member(n), `b-${n}`, { points: 30, from: NOON + DAY })]);
      await rig.ledger.handle(member(n), redeem(member(n), `r-${n}`, 40).command);
      await rig.ledger.handleMany([earn(member(n), `c-${n}`, 5)]);
      await rig.ledger.handle(member(n), hold(member(n), `h-${n}`, { points: 10, expiresAt: NOON + 1_000 }).command);
    }
    await rig.services.projector.catchUp();
    const rows = await allRows(rig.dataSource);
    const events = (await batches(1_000)).flatMap((batch) => batch.events);
    const end = await rig.store.end();
    await fc.assert(fc.asyncProperty(fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 9 }), async (dice, size) => {
      await emptied();
      const shuffled = interleaved(events, dice);
      const work = projection(rig.store, 2);
      await work.resume();
      for (let from = 0; from < shuffled.length; from += size) {
        const checkpoint = (from + size >= shuffled.length ? end : `1:${from + 1},2:0`) as typeof end;
        await work.apply({ events: shuffled.slice(from, from + size), checkpoint, caughtUp: false });
        await work.commit();
      }
      expect(await allRows(rig.dataSource)).toEqual(rows);
    }), { numRuns: 15 });
  });

  it('given an event that no version knows, when it comes, then the projector stands still, readiness says where and why, and rows stay', async () => {
    await someHistory(rig, 2);
    rig.services.projector.start();
    await rig.services.projector.catchUp();
    const rows = await allRows(rig.dataSource);
    const stream = 'wallet-main~club~points~mbr_x~1';
    await rig.store.append([{
      stream, expectedRevision: 'noStream',
      events: [{ id: '00000000-0000-8000-8000-000000000001', type: 'PointsConjured', schemaVersion: 1, data: '[0]', recordedAt: NOON }],
    }]);
    await expect(rig.services.projector.catchUp()).rejects.toThrow('PointsConjured');
    await expect(rig.services.ready()).rejects.toThrow(/projector stands still: wallet-main~club~points~mbr_x~1 revision 1 \(partition 1, position \d+\)/);
    expect(rig.services.projector.status()).toMatchObject({ state: 'failed', position: { partition: 1 } });
    expect(await allRows(rig.dataSource)).toEqual(rows);
  });

  it('given a hole in the revisions of a wallet, when it comes, then it is refused and not skipped', async () => {
    await someHistory(rig, 1);
    const [batch] = await batches(1_000);
    if (batch === undefined) throw new Error('no batch');
    const work = projection();
    await work.resume();
    await expect(work.apply({ ...batch, events: batch.events.filter(({ revision }) => revision !== 2) })).rejects.toThrow('expected revision 2');
    await work.abandon();
  });
});

/** Another order of the same log in which each stream keeps its own. */
function interleaved(events: readonly RecordedEvent[], dice: fc.Stream<number>): RecordedEvent[] {
  const streams = new Map<string, RecordedEvent[]>();
  for (const event of events) streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
  const order: RecordedEvent[] = [];
  for (const roll of dice) {
    const queues = [...streams.values()].filter((queue) => queue.length > 0);
    const next = queues[roll % Math.max(queues.length, 1)]?.shift();
    if (next === undefined) return order;
    order.push(next);
  }
  return order;
}
