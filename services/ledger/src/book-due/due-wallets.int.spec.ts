import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DAY, earn, hold, member, NOON, openRig, type Rig } from '../../test/rig.ts';
import { type DueWallet, dueWallets } from './due-wallets.ts';

const WALLETS = 12;

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
  await rig.ledger.handleMany(Array.from({ length: WALLETS }, (_, n) => earn(member(n), `t-${n}`, { points: 100, days: n % 3 + 1 })));
  await rig.ledger.handle(member(0), hold(member(0), 'h', { points: 10, expiresAt: NOON + DAY / 2 }).command);
  await rig.services.projector.catchUp();
});
afterEach(async () => { await rig.close(); });

const openCursors = async (): Promise<number> => {
  const runners = Array.from({ length: 3 }, () => rig.dataSource.createQueryRunner());
  const counts = await Promise.all(runners.map(async (runner): Promise<{ open: number }[]> => runner.query('SELECT count(*)::int AS open FROM pg_cursors')));
  await Promise.all(runners.map(async (runner) => runner.release()));
  return counts.flat().reduce((sum, { open }) => sum + open, 0);
};

describe('wallets with something due', () => {
  it.each([5, 6, 100])('given twelve wallets, in pages of %i, then each comes once, soonest first, with its state only where points are held', async (pageMax) => {
    const pages: DueWallet[][] = await Array.fromAsync(dueWallets(rig.dataSource, { now: NOON + 10 * DAY, pageMax }));
    expect(pages.slice(0, -1).every((page) => page.length === pageMax)).toBe(true);
    const all = pages.flat();
    expect(new Set(all.map(({ wallet }) => wallet.member)).size).toBe(WALLETS);
    expect(all.map(({ holding }) => holding !== undefined).lastIndexOf(true)).toBe(0);
    expect(all[0]).toMatchObject({ wallet: member(0), holding: { revision: 3 } });
    expect(await Array.fromAsync(dueWallets(rig.dataSource, { now: NOON + 1.5 * DAY, pageMax }))).toMatchObject([{ length: WALLETS / 3 }]);
  });

  it('given a reader that leaves after the first page, when it reads again, then it begins anew and no cursor is left open', async () => {
    for (let time = 0; time < 5; time += 1) {
      for await (const page of dueWallets(rig.dataSource, { now: NOON + 10 * DAY, pageMax: 5 })) {
        expect(page).toHaveLength(5);
        break;
      }
    }
    expect(await openCursors()).toBe(0);
  });
});
