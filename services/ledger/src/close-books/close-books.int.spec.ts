import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { calendarOf, calendarYears } from '@trebol/chassis';
import type { EventStore } from '@trebol/event-store';
import { type BookKeeper, createPointsLedger, type WalletId } from '@trebol/points';
import { eventually } from '@trebol/testing';
import { earn, member, openRig, redeem, type Rig, someHistory } from '../../test/rig.ts';
import { CloseBooks } from './close-books.ts';

let rig: Rig;
beforeEach(async () => { rig = await openRig(); });
afterEach(async () => { await rig.close(); });

const NEW_YEAR = Date.parse('2026-12-31T23:00:00Z');
const MEMBERS = 12;
const periods = calendarYears('Europe/Madrid');

const closing = (books: BookKeeper = rig.ledger, pageMax = 5): CloseBooks => new CloseBooks({
  dataSource: rig.dataSource, books, clock: rig.clock, periods, pageMax, projected: () => rig.services.projector.catchUp(),
});

/** Wallets of 2026, one of them busy in 2027 too, and one of 2027. */
async function twoYears(): Promise<void> {
  await someHistory(rig, MEMBERS);
  rig.clock.set(NEW_YEAR + 1);
  await rig.ledger.handleMany([earn(member(0), 'next', { points: 5, at: rig.clock.now() }), earn(member(90), 'new', { points: 7, at: rig.clock.now() })]);
}

const streams = async (): Promise<string[]> => {
  const rows = await rig.dataSource.query<{ name: string }[]>(`SELECT name FROM event_store.stream WHERE name LIKE '%~2027' ORDER BY 1`);
  return rows.map(({ name }) => name);
};

/** The store, and how often it was asked. */
function counting(store: EventStore): { store: EventStore; calls: () => number } {
  let calls = 0;
  const counted: ReadonlySet<PropertyKey> = new Set(['append', 'load', 'readStream', 'readStreams']);
  const asked = new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        if (counted.has(name)) calls += 1;
        return Reflect.apply(member, target, args) as unknown;
      };
    },
  });
  return { store: asked, calls: () => calls };
}

describe('closing the books of a year', () => {
  it('given wallets of last year, when the year turns, then each is closed once, what anybody has is the same, and new wallets are left alone', async () => {
    await twoYears();
    const before = await rig.services.verify.run();
    expect(await rig.services.closeBooks?.runUntilCaughtUp(rig.clock.now())).toEqual({ wallets: MEMBERS, closed: MEMBERS });
    const after = await rig.services.verify.run();
    expect([before.difference, after.difference]).toEqual([null, null]);
    expect([after.balancesHash, after.totals]).toEqual([before.balancesHash, before.totals]);
    expect(await streams()).toHaveLength(MEMBERS);
    expect(await rig.services.closeBooks?.runUntilCaughtUp(rig.clock.now())).toEqual({ wallets: 0, closed: 0 });
    expect(await closing().runOnce(rig.clock.now())).toEqual({ wallets: 0, closed: 0 });
    await rig.ledger.handle(member(1), redeem(member(1), 'after', 1).command);
    expect((await rig.services.verify.run()).difference).toBeNull();
  });

  it('given two processes and tills at work, when both close, then each wallet is closed once and nothing is lost', async () => {
    await twoYears();
    const till = (async () => {
      for (let n = 1; n < 9; n += 2) await rig.ledger.handle(member(n), redeem(member(n), `meanwhile-${n}`, 1).command);
    })();
    const [one, two] = await Promise.all([closing().runOnce(rig.clock.now()), closing().runOnce(rig.clock.now()), till]);
    expect(one.closed + two.closed).toBe(MEMBERS);
    expect(await streams()).toHaveLength(MEMBERS);
    expect((await rig.services.verify.run()).difference).toBeNull();
  });

  it('given a run that was broken off, when the job runs again, then it goes on where it was and ends; a wallet that could not be closed is tried again', async () => {
    await twoYears();
    const asked: WalletId[][] = [];
    const failing: BookKeeper = {
      closeBooks: async (wallets, period) => {
        asked.push([...wallets]);
        if (asked.length === 2) throw new Error('killed');
        return asked.length === 3 ? wallets.map(() => 'unknown' as const) : rig.ledger.closeBooks(wallets, period);
      },
    };
    await expect(closing(failing).runOnce(rig.clock.now())).rejects.toThrow('killed');
    await expect(closing(failing).runOnce(rig.clock.now())).rejects.toThrow('unknown');
    expect(await closing(failing).runOnce(rig.clock.now())).toEqual({ wallets: MEMBERS - 5, closed: MEMBERS - 5 });
    expect(asked.map((wallets) => wallets.length)).toEqual([5, 5, 5, 5, 2, 0]);
    expect(asked[1]).toEqual(asked[3]);
    expect((await rig.services.verify.run()).difference).toBeNull();
  });

  it('given wallets of a page, when it is closed, then the calls of the store do not grow with its wallets', async () => {
    await twoYears();
    const { store, calls } = counting(rig.store);
    const books = createPointsLedger({
      store, clock: rig.clock, cacheMax: 10, periodAt: (_, now) => periods.at(now), policyOf: () => ({ calendar: calendarOf('Europe/Madrid'), reversal: 'unlimited' }),
    });
    expect(await closing(books, 100).runOnce(rig.clock.now())).toEqual({ wallets: MEMBERS, closed: MEMBERS });
    expect(calls()).toBe(4);
    expect((await rig.services.verify.run()).difference).toBeNull();
  });

  it('given years without a look, when the clock jumps over them, then books are closed once, up to the year before; started, the job sees the next turn by itself', async () => {
    await twoYears();
    rig.clock.set(Date.parse('2029-06-01T00:00:00Z'));
    expect(await closing().runUntilCaughtUp(rig.clock.now())).toMatchObject({ closed: MEMBERS + 1 });
    rig.services.projector.start();
    rig.services.closeBooks?.background.start();
    rig.clock.set(Date.parse('2030-01-01T00:00:00Z'));
    await eventually(async () => {
      rig.clock.advance(60_000);
      const rows = await rig.dataSource.query<unknown[]>(`SELECT FROM event_store.stream WHERE name LIKE '%~2030'`);
      return rows.length === MEMBERS + 1;
    });
    await rig.services.closeBooks?.background.stop();
    expect((await rig.services.verify.run()).difference).toBeNull();
  });
});
