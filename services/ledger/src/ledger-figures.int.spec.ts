import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlatformMetrics } from '@trebol/chassis';
import { realClock } from '@trebol/testing';
import { earn, member, openRig, redeem, type Rig, someHistory } from '../test/rig.ts';
import type { LedgerServices } from './ledger-services.ts';
import { LogFollower } from './follow-log.ts';
import { CountPoints } from './publish-points/count-points.ts';
import { PublishPoints } from './publish-points/publish-points.ts';

let rig: Rig;
let metrics: PlatformMetrics;
let services: LedgerServices;
beforeEach(async () => {
  rig = await openRig();
  metrics = new PlatformMetrics(rig.clock);
  services = rig.restarted({ metrics });
});
afterEach(async () => { await rig.close(); });

/** Figures of a name, by the value of their label; each scrape is a fresh one. */
const figure = async (name: string): Promise<Record<string, number>> => {
  rig.clock.advance(6_000);
  const lines = (await metrics.page()).split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [/="([^"]*)"\}/.exec(line)?.[1] ?? '', Number(line.split(' ').at(-1))]));
};
const total = async (name: string): Promise<number> => Object.values(await figure(name)).reduce((sum, value) => sum + value, 0);
const net = async (): Promise<number> =>
  await total('trebol_points_issued_total') - await total('trebol_points_redeemed_total')
  - await total('trebol_points_expired_total') - await total('trebol_points_reversed_total');
const owned = async (): Promise<number> => {
  const [row] = await rig.dataSource.query<{ owned: string }[]>('SELECT sum(available + pending + held - debt - fee_due) AS owned FROM ledger.balance');
  return Number(row?.owned);
};

describe('figures of the ledger', () => {
  it('given a history, when it is published, then issued − redeemed − expired − reversed is what all members own', async () => {
    await someHistory(rig);
    await services.publisher.catchUp();
    await services.projector.catchUp();
    expect(await figure('trebol_points_issued_total')).toEqual({ purchase: 7 * 150 + 21 });
    expect(await figure('trebol_points_redeemed_total')).toEqual({ redemption: 4 * 80 });
    expect(await total('trebol_points_reversed_total')).toBe(4 * 60);
    expect(await net()).toBe(await owned());
    rig.clock.advance(60 * 86_400_000);
    await services.bookDue.runUntilCaughtUp(rig.clock.now());
    await services.publisher.catchUp();
    await services.projector.catchUp();
    expect(await total('trebol_points_expired_total')).toBeGreaterThan(0);
    expect(await net()).toBe(await owned());
  });

  it('given a bus that loses answers, when batches come again, then each point is counted once; what is not committed is not counted', async () => {
    const qualifying = earn({ ...member(1), pointType: 'status' }, 'a', 999); // counts for a tier, and nowhere here
    await rig.ledger.handleMany([earn(member(1), 'a', 100), earn(member(2), 'b', 50), redeem(member(1), 'r', 30), qualifying]);
    let losses = 2;
    const publish = (): Promise<void> => (losses-- > 0 ? Promise.reject(new Error('the answer was lost')) : Promise.resolve());
    const bus = { publish, consume: () => Promise.reject(new Error('not here')), close: () => Promise.resolve() };
    const work = new PublishPoints({
      dataSource: rig.dataSource, eventStore: rig.store, bus, clock: rig.clock, walletsMax: 100, counted: new CountPoints(metrics, 'points'),
    });
    const follower = new LogFollower({ eventStore: rig.store, clock: rig.clock, prefix: 'wallet-', batchMax: 2, commitEvents: 100, work });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(follower.catchUp()).rejects.toThrow('lost');
      expect(await total('trebol_points_issued_total')).toBe(0);
    }
    await follower.catchUp();
    expect(await figure('trebol_points_issued_total')).toEqual({ purchase: 150 });
    expect(await figure('trebol_points_redeemed_total')).toEqual({ redemption: 30 });
  });

  it('given readers behind the log, then it is told by how many events and since when; at the end it is 0', async () => {
    await rig.ledger.handleMany([earn(member(1), 'a', 100), earn(member(2), 'b', 50)]);
    await services.projector.catchUp();
    expect(await figure('trebol_projection_lag_events')).toEqual({ 'read-models': 0, 'points-publisher': 4 });
    const { 'read-models': none, 'points-publisher': some } = await figure('trebol_projection_lag_seconds');
    expect([none, some]).toEqual([0, 12]);
    await services.publisher.catchUp();
    expect(await figure('trebol_projection_lag_events')).toEqual({ 'read-models': 0, 'points-publisher': 0 });
    expect(await figure('trebol_projection_lag_seconds')).toEqual({ 'read-models': 0, 'points-publisher': 0 });
    expect(await figure('trebol_projection_batch_events_sum')).toEqual({ 'read-models': 4, 'points-publisher': 4 });
  });

  it('given a verify in another process, then its end and what it found are told here; before there was one, nothing is', async () => {
    await someHistory(rig, 3);
    const ofVerify = async () => [
      await figure('trebol_verify_completed_timestamp_seconds'), await figure('trebol_verify_differences'),
      await figure('trebol_conservation_difference_points'), await figure('trebol_in_transit_points'),
    ];
    expect(await ofVerify()).toEqual([{}, {}, {}, {}]);
    const began = realClock.now() / 1_000;
    await rig.restarted().verify.run();
    const [ended, ...found] = await ofVerify();
    expect(Math.abs((ended?.[''] ?? 0) - began)).toBeLessThan(60);
    expect(found).toEqual([{ '': 0 }, { '': 0 }, { '': 0 }]);
    await rig.dataSource.query('UPDATE ledger.balance SET pending = pending + 1');
    await rig.restarted().verify.run();
    expect((await ofVerify()).slice(1)).toEqual([{ '': 1 }, { '': 0 }, { '': 0 }]);
  });
});
