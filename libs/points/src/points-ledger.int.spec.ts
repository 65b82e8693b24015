import { MemoryEventStore, PostgresEventStore, type EventStore } from '@trebol/event-store';
import { fixedClock, freshDatabase } from '@trebol/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifyPeriods } from './books/verify-books.ts';
import type { PointsCommand } from './commands.ts';
import { verifyStream } from './invariants.ts';
import type { Outcome } from './ledger.ts';
import { createPointsLedger } from './points-ledger.ts';
import { cancel, capture, earn, giveBack, hold, policy, redeem } from './testing/commands.ts';
import { send, takeBack } from './testing/care-commands.ts';
import { NOON } from './testing/given.ts';
import { walletStream } from './wallet-id.ts';

const ANA = { tenant: 'main', programme: 'club', pointType: 'points', member: 'ana' };
const clock = fixedClock(NOON);

const stores: readonly [string, () => Promise<{ store: EventStore; cleanup: () => Promise<void> }>][] = [
  ['MemoryEventStore', async () => {
    const store = new MemoryEventStore();
    return { store, cleanup: () => store.close() };
  }],
  ['PostgresEventStore', async () => {
    const database = await freshDatabase();
    const store = await PostgresEventStore.open({ url: database.url, clock });
    return { store, cleanup: async () => { await store.close(); await database.drop(); } };
  }],
];

/** Points that tills were told they may count on, each redemption once: the very same request sent twice at once may be accepted twice. */
function promised(answers: readonly (readonly [string, Outcome])[]): number {
  const byName = new Map(answers.flatMap(([name, outcome]) => (outcome.status === 'accepted' ? [[name, outcome.effect.spent]] : [])));
  return [...byName.values()].reduce((total, spent) => total + spent, 0);
}

describe.each(stores)('two processes on one %s', (_, open) => {
  const ledgers = (store: EventStore, count: number) =>
    Array.from({ length: count }, () => createPointsLedger({ store, clock, policyOf: () => policy(), cacheMax: 10 }));

  it('two tills and the last 100 points: one wins, the other hears the true figure (hard case 6)', async () => {
    const { store, cleanup } = await open();
    const [one, two] = ledgers(store, 2);
    await one?.handle(ANA, earn('sale', 100));
    const outcomes = await Promise.all([one?.handle(ANA, redeem('a', 100)), two?.handle(ANA, redeem('b', 100))]);
    expect(outcomes.map((outcome) => outcome?.status).toSorted()).toEqual(['accepted', 'refused']);
    expect(outcomes.find((outcome) => outcome?.status === 'refused'))
      .toMatchObject({ refusal: { code: 'insufficientPoints', available: 0, requested: 100 } });
    await cleanup();
  });

  it('never spend a point twice, however their commands interleave with transfers, a midnight, the closing of books and a clock that moves', async () => {
    const { store, cleanup } = await open();
    const step = fc.record({
      writer: fc.nat({ max: 1 }), points: fc.integer({ min: 1, max: 60 }), name: fc.nat({ max: 6 }), waitMs: fc.constantFrom(0, 0, 1, 400),
      how: fc.constantFrom('redeem' as const, 'hold', 'earn', 'return', 'send', 'takeBack', 'close'),
    });
    let run = 0;
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), async (steps) => {
      run += 1;
      const wallet = { ...ANA, member: `ana${run}` };
      // The books are closed at most twice, and the last points of the evening lapse while the commands are under way.
      const own = fixedClock('2026-02-10T23:59:59.000Z');
      const both = [0, 1].map(() => createPointsLedger({ store, clock: own, policyOf: () => policy(), cacheMax: 10 }));
      await both[0]?.handleMany([{ wallet, command: earn('sale', [{ points: 60, through: '2026-02-10' }, { points: 40 }]) }]);
      let period = 0;
      const answers = await Promise.all(steps.map(async ({ writer, points, name, how, waitMs }): Promise<readonly [string, Outcome]> => {
        const ledger = both[writer] ?? nobody();
        own.advance(waitMs);
        const now = own.now();
        const at = <Command extends PointsCommand>(command: Command): Command => ({ ...command, occurredAt: now });
        switch (how) {
          case 'earn': return ['', (await ledger.handleMany([{ wallet, command: at(earn(`s${name}`, 5)) }]))[0] ?? nobody()];
          case 'return': return ['', await ledger.handle(wallet, at(giveBack('sale', `back${name}`, 7)))];
          case 'redeem': return [`r${name}`, await ledger.handle(wallet, at(redeem(`r${name}`, points)))];
          case 'send': return ['', await ledger.handle(wallet, at(send(`t${name}`, points)))];
          case 'takeBack': return ['', await ledger.handle(wallet, at(takeBack(`t${name}`)))];
          case 'close':
            if (period < 2) await ledger.closeBooks([wallet], period += 1);
            return ['', await ledger.handle(wallet, at(earn(`after closing ${name}`, 1)))];
          case 'hold':
            await ledger.handle(wallet, at(hold(`h${name}`, points, '2026-02-11T00:10:00Z')));
            return [`h${name}`, await ledger.handle(wallet, at(capture(`h${name}`)))];
        }
      }));
      const periods = await Promise.all([1, 2, 3].map(async (one) => Array.from(await Array.fromAsync(store.readStream(walletStream(wallet, one))))));
      const written = periods.filter((events) => events.length > 0);
      expect(verifyPeriods(written)).toEqual([]);
      const { totals } = verifyStream(written.at(-1) ?? []).wallet;
      expect(totals.spent + totals.sent - totals.takenBack).toBeLessThanOrEqual(totals.issued);
      expect(promised(answers)).toBe(totals.spent);
      own.set('2026-02-12');
      expect((await both[0]?.wallet(wallet))?.balance).toEqual((await both[1]?.wallet(wallet))?.balance);
    }), { numRuns: 25 });
    await cleanup();
  });

  it('given a batch is delivered to both at once, then every award counts once', async () => {
    const { store, cleanup } = await open();
    const [one, two] = ledgers(store, 2);
    const batch = Array.from({ length: 300 }, (_unused, n) => ({ wallet: { ...ANA, member: `m${n % 40}` },
      command: earn(`sale ${n}`, 2) }));
    const outcomes = await Promise.all([one?.handleMany(batch), two?.handleMany(batch)]);
    expect(outcomes.flatMap((all) => all ?? []).map((outcome) => outcome.status))
      .toEqual(Array.from({ length: 600 }, () => 'accepted'));
    for (let n = 0; n < 40; n += 1) {
      const { wallet, violations } = verifyStream(await Array.fromAsync(store.readStream(walletStream({ ...ANA, member: `m${n}` }))));
      expect([violations, wallet.totals.issued]).toEqual([[], n < 20 ? 16 : 14]);
    }
    await cleanup();
  });

  it('a redemption and its cancellation survive the store: snapshot and stream fold alike', async () => {
    const { store, cleanup } = await open();
    const [one, two] = ledgers(store, 2);
    await one?.handle(ANA, earn('sale', [{ points: 100 }, { points: 20, from: '2026-03-01' }]));
    await two?.handle(ANA, redeem('r', 70));
    await one?.handle(ANA, cancel('r', 'c', 30));
    const tail = (await store.load([walletStream(ANA)])).get(walletStream(ANA));
    expect(tail?.revision).toBe(4);
    expect(await two?.wallet(ANA))
      .toMatchObject({ revision: 4, balance: { available: 60, pending: 20 }, lots: [{ source: 'ticket/sale' },
      { source: 'ticket/sale' }] });
    await cleanup();
  });
});

function nobody(): never {
  throw new Error('nobody answered');
}
