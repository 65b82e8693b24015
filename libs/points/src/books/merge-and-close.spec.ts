import { describe, expect, it } from '@jest/globals';
import type { PointsCommand, WalletContents } from '../commands.ts';
import { EFFECTS_BROUGHT_MAX, RETURN_WINDOW_DAYS } from '../limits.ts';
import { Books } from '../testing/books-kit.ts';
import { adjust, closeWallet, freeze, moveIn, moveOut, receive, send } from '../testing/care-commands.ts';
import { DAY, earn, giveBack, redeem, t } from '../testing/commands.ts';
import { given } from '../testing/given.ts';
import { ANA, summary, wallet } from '../testing/ledger-kit.ts';

const BEA = wallet('bea');
const SOLD = t('2026-12-20T10:00:00Z');
const sold = <Command extends PointsCommand>(command: Command): Command => ({ ...command, occurredAt: SOLD });

/** Bea bought and spent in December, was merged into Ana on the 28th, and the books of both are closed on the first of January. */
async function mergedAndClosed(hand: (contents: WalletContents) => WalletContents = (contents) => contents): Promise<Books> {
  const books = new Books();
  books.clock.set(SOLD);
  await books.ledger.handle(ANA, sold(earn('her own', 500)));
  for (const command of [
    earn('sale', 100), earn('returned', 30), giveBack('returned', 'return', 30), earn('nothing', []), redeem('r', 60), redeem('rest', 40),
    adjust('gift', 7), send('t', 7, 'cid'), receive('u', earn('from cid', 3).lots, 'cid'), redeem('last', 3),
  ]) expect(summary(await books.ledger.handle(BEA, sold(command)))).toBe('accepted');
  books.clock.set('2026-12-28T10:00:00Z');
  await books.ledger.handle(BEA, freeze('merge'));
  const out = await books.ledger.handle(BEA, moveOut('m', 'ana'));
  const contents = out.status === 'accepted' ? out.effect.contents : undefined;
  if (contents === undefined) throw new Error('nothing was moved out');
  await books.ledger.handle(BEA, closeWallet('k', 'ana'));
  expect(summary(await books.ledger.handle(ANA, moveIn('m', hand(contents), 'bea')))).toBe('accepted');
  books.clock.set('2027-01-01T01:00:00Z');
  expect(await books.close()).toBe('closed');
  return books;
}

const again: readonly PointsCommand[] = [
  earn('sale', 100), earn('returned', 30), earn('nothing', [{ points: 5 }]), giveBack('returned', 'return', 30), redeem('r', 60), adjust('gift', 7),
  send('t', 7, 'cid'), receive('u', earn('from cid', 3).lots, 'cid'),
].map(sold);

describe('closing the books shortly after a merge', () => {
  it('given the sale was spent before both, then it can be returned where it went, and counts no second time', async () => {
    const books = await mergedAndClosed();
    expect(summary(await books.ledger.handle(ANA, sold(earn('sale', 100))))).toBe('sourceConflict');
    const returned = await books.ledger.handle(ANA, giveBack('sale', 'back', 60));
    expect(returned).toMatchObject({ status: 'accepted', effect: { reversed: 60, debtIncurred: 0 }, balance: { available: 440 } });
    expect(summary(await books.ledger.handle(ANA, giveBack('sale', 'too much', 41)))).toBe('reversalExceedsEarning');
    expect(summary(await books.ledger.handle(ANA, giveBack('returned', 'again', 1)))).toBe('reversalExceedsEarning');
    await books.verify();
  });

  it('given any of it is told again to the wallet that took over, then nothing of it counts twice, in the window and years later', async () => {
    const books = await mergedAndClosed();
    const before = (await books.ledger.wallet(ANA)).balance;
    for (let year = 0; year < 3; year += 1) {
      for (const command of again) expect([command.type, summary(await books.process(0).handle(ANA, command))]).toEqual([command.type, 'sourceConflict']);
      books.clock.advance(365 * DAY);
      await books.close();
    }
    expect({ ...(await books.ledger.wallet(ANA)).balance, expiring: [] }).toEqual({ ...before, available: 0, expiring: [] });
  });

  it('given an older version moved it, which said nothing of what had happened there, then the lots say it', async () => {
    const books = await mergedAndClosed((contents) => ({ ...contents, effects: undefined }));
    expect(summary(await books.ledger.handle(ANA, sold(earn('sale', 100))))).toBe('sourceConflict');
    expect(summary(await books.ledger.handle(ANA, giveBack('sale', 'back', 60)))).toBe('accepted');
  });

  it('given the window has passed since the merge, then the state forgets what came with it', async () => {
    const books = await mergedAndClosed();
    const merged = t('2026-12-28T10:00:00Z');
    books.clock.set(merged + RETURN_WINDOW_DAYS * DAY);
    await books.close();
    expect(summary(await books.ledger.handle(ANA, giveBack('sale', 'in time', 1)))).toBe('accepted');
    books.clock.set(merged + RETURN_WINDOW_DAYS * DAY + 1);
    await books.close();
    expect(summary(await books.ledger.handle(ANA, giveBack('sale', 'late', 1)))).toBe('sourceNotFound');
    expect((await books.events(4))[0]?.data).toContain('\\"brought\\":[]');
  });
});

describe('effects that merges bring', () => {
  const contents = (count: number, from: number): WalletContents => ({
    lots: [], holds: [], debt: 0, feeDue: 0, feePaid: 0,
    effects: Array.from({ length: count }, (_, n) => (from + n).toString(16).padStart(16, '0')).join(''),
  });

  it('are taken up to the limit, and not one more', () => {
    const half = EFFECTS_BROUGHT_MAX / 2;
    given(moveIn('a', contents(half, 1))).when(moveIn('b', contents(half, 1 + half))).thenRecords('LotsMovedIn');
    given(moveIn('a', contents(half, 1))).when(moveIn('b', contents(half + 1, 1 + half)))
      .thenRefused({ code: 'limitReached', limit: 'effectsBrought', max: EFFECTS_BROUGHT_MAX });
    expect(() => given(moveIn('a', { ...contents(0, 0), effects: 'abc' }))).toThrow('fingerprints');
  });
});
