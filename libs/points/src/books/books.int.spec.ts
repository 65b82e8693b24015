import { PostgresEventStore } from '@trebol/event-store';
import { describe, expect, it } from '@jest/globals';
import { fixedClock, freshDatabase } from '@trebol/testing';
import { verifyStream } from '../invariants.ts';
import { createPointsLedger } from '../points-ledger.ts';
import { DAY, earn, policy, redeem } from '../testing/commands.ts';
import { NOON } from '../testing/given.ts';
import { ANA, summary, wallet } from '../testing/ledger-kit.ts';
import { walletStream } from '../wallet-id.ts';

describe('closing the books on a PostgresEventStore', () => {
  it('by two processes at once while tills go on loses nothing, and an old ticket is known two periods later', async () => {
    const database = await freshDatabase();
    const clock = fixedClock(NOON);
    const store = await PostgresEventStore.open({ url: database.url, clock });
    const process = () => createPointsLedger({ store, clock, policyOf: () => policy(), cacheMax: 100 });
    const [one, two, till] = [process(), process(), process()];
    const members = Array.from({ length: 25 }, (_, n) => wallet(`m${n}`));
    const old = { ...earn('old', [{ points: 100, through: null }]), occurredAt: clock.now() };
    await one.handleMany(members.map((member) => ({ wallet: member, command: old })));
    for (let period = 1; period <= 3; period += 1) {
      const [closings, spends] = await Promise.all([
        Promise.all([one.closeBooks(members, period), two.closeBooks(members, period)]),
        Promise.all(members.map(async (member) => till.handle(member, { ...redeem(`r${period}`, 10), occurredAt: clock.now() }))),
      ]);
      expect(closings.flat().every((closing) => closing === 'closed' || closing === 'alreadyClosed')).toBe(true);
      expect(spends.map(summary)).toEqual(members.map(() => 'accepted'));
      clock.advance(365 * DAY);
    }
    const again = await process().handleMany(members.map((member) => ({ wallet: member, command: old })));
    expect(again.map(summary)).toEqual(members.map(() => 'already done'));
    for (const member of [...members, ANA]) {
      expect((await one.wallet(member)).balance.available).toBe(member === ANA ? 0 : 70);
      for (let period = 1; period <= 4; period += 1) {
        expect(verifyStream(await Array.fromAsync(store.readStream(walletStream(member, period)))).violations).toEqual([]);
      }
    }
    await store.close();
    await database.drop();
  });
});
