import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@trebol/testing';
import { DAY, earn, hold, member, NOON, openRig, redeem, type Rig, someHistory } from '../../test/rig.ts';

let rig: Rig;
beforeEach(async () => { rig = await openRig(); });
afterEach(async () => { await rig.close(); });

const kinds = async (n: number): Promise<string[]> => {
  const rows = await rig.dataSource.query<{ kind: string }[]>('SELECT kind FROM ledger.entry WHERE member_id = $1 ORDER BY revision', [member(n).member]);
  return rows.map(({ kind }) => kind);
};

describe('booking what is due', () => {
  it('given a hold, pending and lapsing points, when the clock passes them all, then lapse, activation and expiry are booked in this order, once', async () => {
    const wallet = member(0);
    await rig.ledger.handleMany([earn(wallet, 'a', { points: 100, days: 3 }), earn(wallet, 'b', { points: 50, from: NOON + 2 * DAY, days: 30 })]);
    await rig.ledger.handle(wallet, hold(wallet, 'h', { points: 10, expiresAt: NOON + DAY }).command);
    const due = NOON + 4 * DAY;
    rig.clock.set(due);
    expect(await rig.services.bookDue.runUntilCaughtUp(due)).toMatchObject({ wallets: 1 });
    await rig.services.projector.catchUp();
    expect(await kinds(0)).toEqual(['opened', 'earned', 'earned', 'held', 'lapsed', 'activated', 'expired']);
    const { revision, balance } = await rig.ledger.wallet(wallet);
    expect(balance).toMatchObject({ available: 50, pending: 0, held: 0 });
    expect(await rig.services.bookDue.runUntilCaughtUp(due)).toEqual({ wallets: 0, booked: 0 });
    expect((await rig.ledger.wallet(wallet)).revision).toBe(revision);
  });

  it('given balance rows that are behind, when the same wallets are booked twice, by two processes at once too, then each fact is on record once', async () => {
    await someHistory(rig, 12);
    await rig.services.projector.catchUp();
    const due = NOON + 40 * DAY;
    rig.clock.set(due);
    const other = rig.restarted();
    await Promise.all([rig.services.bookDue.runOnce(due), other.bookDue.runOnce(due)]);
    const again = await rig.services.bookDue.runOnce(due);
    expect(again).toEqual({ wallets: 12, booked: 0 });
    const report = await rig.services.verify.run();
    expect(report.difference).toBeNull();
    expect(report.totals[0]).toMatchObject({ wallets: 12, available: 0, pending: 0, held: 0 });
    expect(await rig.services.bookDue.runUntilCaughtUp(due)).toEqual({ wallets: 0, booked: 0 });
  });

  it('given a job that never ran, when lapsed points are spent or read, then they are gone all the same (G2), and the job books them later', async () => {
    const wallet = member(0);
    await rig.ledger.handleMany([earn(wallet, 'a', { points: 100, days: 3 })]);
    rig.clock.set(NOON + 3 * DAY);
    expect((await rig.services.showBalance.balance(wallet)).available).toBe(0);
    expect(await rig.ledger.handle(wallet, redeem(wallet, 'r', 1).command)).toMatchObject({ status: 'refused' });
    await rig.services.bookDue.runUntilCaughtUp(rig.clock.now());
    await rig.services.projector.catchUp();
    expect(await kinds(0)).toEqual(['opened', 'earned', 'expired']);
  });

  it('given the service running, when the clock moves past a lapse, then it is booked without being asked', async () => {
    const wallet = member(0);
    await rig.ledger.handleMany([earn(wallet, 'a', { points: 100, days: 3 })]);
    rig.services.projector.start();
    rig.services.bookDue.background.start();
    rig.clock.set(NOON + 3 * DAY);
    await eventually(async () => {
      rig.clock.advance(1_000);
      return (await kinds(0)).includes('expired');
    });
  });
});
