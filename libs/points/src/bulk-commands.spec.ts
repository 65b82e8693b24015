import { beforeEach, describe, expect, it } from '@jest/globals';
import { YIELD_EVERY_WALLETS } from './limits.ts';
import { earn, expireLots, redeem, t } from './testing/commands.ts';
import { LedgerKit, summary, wallet } from './testing/ledger-kit.ts';
import type { WalletId } from './wallet-id.ts';

const LAPSED = t('2026-02-20T00:00:00Z');
const DUE = '2026-02-19';
/** More than are decided between two turns of the event loop. */
const WALLETS = 2 * YIELD_EVERY_WALLETS + 50;

let kit: LedgerKit;
beforeEach(() => { kit = new LedgerKit(); });

const members: readonly WalletId[] = Array.from({ length: WALLETS }, (_, n) => wallet(`m-${n}`));
const toAll = <Command>(command: Command) => members.map((member) => ({ wallet: member, command }));
const count = (words: readonly string[], word: string): number => words.filter((one) => one === word).length;

describe('many wallets in one call', () => {
  it.each([['in memory', 1_000], ['in the store', 0]])('given wallets %s, when all lapse at one midnight, then one append books each once', async (_, cacheMax) => {
    const ledger = kit.ledger({ cacheMax });
    await ledger.handleMany(toAll(earn('sale', [{ points: 70, through: DUE }, { points: 30, through: DUE }, { points: 5 }])));
    kit.clock.set(LAPSED);
    kit.line.appends.length = 0;
    const outcomes = await ledger.handleMany(toAll(expireLots(LAPSED)));
    expect(count(outcomes.map(summary), 'accepted')).toBe(WALLETS);
    expect(kit.line.appends.map(({ batch, lane }) => [batch.length, lane])).toEqual([[WALLETS, 'bulk']]);
    expect(outcomes[7]).toMatchObject({ effect: { expired: 100 }, revision: 4, balance: { available: 5, pending: 0, debt: 0 } });
    const again = await ledger.handleMany(toAll(expireLots(LAPSED)));
    expect(count(again.map(summary), 'already done')).toBe(WALLETS);
    expect(await kit.eventsOf(members[7] ?? wallet('none'))).toHaveLength(4);
  });

  it('given wallets that moved on elsewhere, when all are booked, then those are decided once more and no point lapses twice', async () => {
    const [here, there] = [kit.ledger({ cacheMax: 1_000 }), kit.ledger({ cacheMax: 0 })];
    await here.handleMany(toAll(earn('sale', [{ points: 100, through: DUE }])));
    const quicker = members.slice(40, 60);
    await there.handleMany(quicker.map((member) => ({ wallet: member, command: redeem('elsewhere', 60) })));
    kit.clock.set(LAPSED);
    kit.line.before = async () => { await there.handleMany(quicker.slice(10).map((member) => ({ wallet: member, command: expireLots(LAPSED) }))); };
    const outcomes = await here.handleMany(toAll(expireLots(LAPSED)));
    expect(count(outcomes.map(summary), 'accepted')).toBe(WALLETS - 10);
    expect(count(outcomes.map(summary), 'already done')).toBe(10);
    for (const member of quicker) {
      expect((await kit.eventsOf(member)).map(({ type }) => type)).toEqual(['WalletOpened', 'PointsEarned', 'PointsRedeemed', 'PointsExpired']);
    }
  });

  it('given tickets that came before among new ones, when they are earned, then each has its own answer, with the balance of its own place', async () => {
    const ledger = kit.ledger({ cacheMax: 1_000 });
    const old = members.filter((_, n) => n % 3 === 0);
    await ledger.handleMany(old.map((member) => ({ wallet: member, command: earn('sale', 100) })));
    const both = members.flatMap((member) => [{ wallet: member, command: earn('sale', 100) }, { wallet: member, command: earn('next', 10) }]);
    const outcomes = await ledger.handleMany(both);
    outcomes.forEach((outcome, place) => {
      const seen = Math.floor(place / 2) % 3 === 0 && place % 2 === 0;
      expect(outcome).toMatchObject({
        status: 'accepted', alreadyDone: seen, revision: place % 2 === 0 ? 2 : 3, balance: { available: place % 2 === 0 ? 100 : 110 },
      });
    });
  });
});
