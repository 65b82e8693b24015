import type { RecordedEvent } from '@trebol/event-store';
import { describe, expect, it } from '@jest/globals';
import { LOTS_PER_EARNING_MAX } from '../limits.ts';
import { createPointsLedger } from '../points-ledger.ts';
import { Books } from '../testing/books-kit.ts';
import { DAY, earn, policy, redeem, t } from '../testing/commands.ts';
import { FaultyStore } from '../testing/faulty-store.ts';
import { NOON } from '../testing/given.ts';
import { ANA, summary } from '../testing/ledger-kit.ts';
import { verifyPeriods } from './verify-books.ts';

describe('what a command costs once books are closed', () => {
  it('is one look into the closed periods for what is older than the wallet remembers, and none for anything else', async () => {
    const books = new Books();
    await books.ledger.handle(ANA, earn('sale', 100));
    books.clock.advance(200 * DAY);
    await books.close();
    const now = t(NOON) + 200 * DAY;
    await books.ledger.handle(ANA, { ...earn('first', 1), occurredAt: now });
    const loadsOf = async (...commands: readonly { readonly key: string; readonly occurredAt: number }[]) => {
      const { loads } = books.line;
      await books.ledger.handleMany(commands.map(({ key, occurredAt }) => ({ wallet: ANA, command: { ...earn(key, 1), occurredAt } })));
      return books.line.loads - loads;
    };
    const { rememberedFrom } = { rememberedFrom: now - 120 * DAY };
    expect(await loadsOf({ key: 'a', occurredAt: rememberedFrom })).toBe(0);
    expect(await loadsOf({ key: 'b', occurredAt: rememberedFrom - 1 })).toBe(1);
    expect(await loadsOf({ key: 'c', occurredAt: t(NOON) }, { key: 'd', occurredAt: t(NOON) }, { key: 'e', occurredAt: now })).toBe(1);
    const { loads } = books.line;
    await books.ledger.handle(ANA, { type: 'ExpireLots', commandId: 'job', occurredAt: t(NOON), asOf: t(NOON) });
    expect(books.line.loads - loads).toBe(0);
  });
});

describe('closing the books, when things go wrong', () => {
  it('by two processes at once closes once; both say so, and both go on in the next period', async () => {
    const books = new Books();
    await books.ledger.handle(ANA, earn('sale', 100));
    const [one, two] = [books.process(), books.process()];
    const outcomes = (await Promise.all([one.closeBooks([ANA], 1), two.closeBooks([ANA], 1)])).flat();
    expect(outcomes.every((outcome) => outcome === 'closed' || outcome === 'alreadyClosed')).toBe(true);
    expect(await one.closeBooks([ANA], 1)).toEqual(['alreadyClosed']);
    expect((await books.events(1)).map((event) => event.type)).toEqual(['WalletOpened', 'PointsEarned', 'BooksClosed']);
    expect((await books.events(2)).map((event) => event.type)).toEqual(['BooksOpened']);
    expect((await Promise.all([one.handle(ANA, redeem('a', 60)), two.handle(ANA, redeem('b', 60))])).map(summary).toSorted())
      .toEqual(['accepted', 'insufficientPoints']);
  });

  it('given a crash between closed and opened, then whoever comes next opens, two at once as well', async () => {
    const books = new Books();
    await books.ledger.handle(ANA, earn('sale', 100));
    const dying = books.process();
    let appends = 0;
    books.line.before = async () => { appends += 1; };
    const dead = new FaultyStore(books.line.store);
    const closer = createPointsLedger({ store: onlyFirstAppend(dead), clock: books.clock, cacheMax: 0, policyOf: () => policy() });
    expect(await closer.closeBooks([ANA], 1)).toEqual(['unknown']);
    expect(appends).toBe(1);
    expect((await books.events(1)).at(-1)?.type).toBe('BooksClosed');
    expect(await books.events(2)).toEqual([]);
    const outcomes = await Promise.all([dying.handle(ANA, redeem('a', 30)), books.process().handle(ANA, redeem('b', 30))]);
    expect(outcomes.map(summary)).toEqual(['accepted', 'accepted']);
    expect((await books.events(2)).map((event) => event.type)).toEqual(['BooksOpened', 'PointsRedeemed', 'PointsRedeemed']);
    await books.verify();
  });

  it('given a member so busy that the window does not fit into one event, then only what is open is remembered, and nothing counts twice', async () => {
    const books = new Books();
    const [rounds, sales] = [4, 9];
    const lots = Array.from({ length: LOTS_PER_EARNING_MAX }, () => ({ points: 1 }));
    for (let round = 0; round < rounds; round += 1) {
      await books.ledger.handleMany(Array.from({ length: sales }, (_, n) => ({ wallet: ANA, command: earn(`s${round}~${n}`, lots) })));
      await books.ledger.handle(ANA, redeem(`r${round}`, sales * lots.length - 1));
    }
    expect(await books.close()).toBe('closed');
    const closed = (await books.events(1)).at(-1);
    expect(closed?.type).toBe('BooksClosed');
    expect(closed?.data.length).toBeLessThan(10_000);
    expect(summary(await books.ledger.handle(ANA, earn('s0~7', lots)))).toBe('already done');
    expect((await books.ledger.wallet(ANA)).balance.available).toBe(rounds);
  });

  it('given a process that still has the closed period in memory, when it writes or refuses, then it finds the next one', async () => {
    const books = new Books();
    const stale = books.process();
    await stale.handle(ANA, earn('sale', 100));
    await books.close();
    await books.ledger.handle(ANA, earn('more', 50));
    expect(summary(await stale.handle(ANA, redeem('all', 150)))).toBe('accepted');
    expect((await books.events(1)).length).toBe(3);
  });

  it('given a writer that was quicker, then closing reads again and carries that too', async () => {
    const books = new Books();
    await books.ledger.handle(ANA, earn('sale', 100));
    books.line.before = async () => { await books.process().handle(ANA, earn('quicker', 7)); };
    expect(await books.close()).toBe('closed');
    expect((await books.ledger.wallet(ANA)).balance.available).toBe(107);
  });

  it('reads a member of ten years at once, by the calendar or without it', async () => {
    const books = new Books();
    await books.ledger.handle(ANA, earn('sale', 100));
    for (let year = 0; year < 10; year += 1) expect(await books.close()).toBe('closed');
    for (const [expected, reads] of [[11, 1], [12, 1], [1, 11]] as const) {
      const loads = books.line.loads;
      expect((await books.process(0, () => expected).wallet(ANA)).balance.available).toBe(100);
      expect(books.line.loads - loads).toBe(reads);
    }
  });

  it('is provable: a stream changed after it was closed, or continued by something else, is named', async () => {
    const books = new Books();
    await books.ledger.handle(ANA, earn('sale', 100));
    await books.close();
    await books.ledger.handle(ANA, redeem('r', 10));
    const [first, second] = [await books.events(1), await books.events(2)];
    expect(verifyPeriods([first, second])).toEqual([]);
    expect(verifyPeriods([first])).toEqual([]);
    const [opened, earned, closed] = first;
    const forged = { ...closed, data: closed?.data.replace(/"[0-9a-f]{64}"/, `"${'0'.repeat(64)}"`) };
    expect(verifyPeriods([[opened, earned, forged] as RecordedEvent[]]).join()).toContain('its hash is not what its books say');
    expect(verifyPeriods([first.slice(0, 2), second]).join()).toContain('was not closed');
    const other = new Books();
    await other.ledger.handle(ANA, earn('sale', 101));
    await other.close();
    expect(verifyPeriods([first, await other.events(2)]).join()).toContain('does not begin with what');
  });

  it('leaves wallets that are not there alone, and a member who joined late goes straight to the calendar', async () => {
    const books = new Books();
    expect(await books.ledger.closeBooks([ANA], 3)).toEqual(['empty']);
    await books.ledger.handle(ANA, earn('sale', 100));
    expect(await books.ledger.closeBooks([ANA], 7)).toEqual(['closed']);
    expect((await books.events(8)).map((event) => event.type)).toEqual(['BooksOpened']);
    await expect(books.ledger.closeBooks([ANA], 0)).rejects.toThrow('No such period');
  });
});

/** A process that dies right after its first append. */
function onlyFirstAppend(line: FaultyStore) {
  let appended = false;
  return new Proxy(line.store, {
    get: (target, name: keyof typeof line.store) => {
      const member = target[name] as (...given: unknown[]) => unknown;
      if (name !== 'append') return typeof member === 'function' ? member.bind(target) : member;
      return async (...given: unknown[]) => {
        if (appended) throw new Error('killed');
        appended = true;
        return member.apply(target, given);
      };
    },
  });
}
