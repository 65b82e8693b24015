import { MemoryEventStore, type RecordedEvent } from '@trebol/event-store';
import { describe, expect, it } from '@jest/globals';
import { fixedClock } from '@trebol/testing';
import fc from 'fast-check';
import type { PointsCommand } from '../commands.ts';
import { encodeWallet, foldWallet } from '../fold.ts';
import { fingerprintOf, identityOfCommand } from '../identity.ts';
import { verifyStream } from '../invariants.ts';
import type { Outcome } from '../ledger.ts';
import { EFFECTS_PER_PERIOD_MAX, RETURN_WINDOW_DAYS } from '../limits.ts';
import { createPointsLedger } from '../points-ledger.ts';
import { memoryLimit } from '../decide/earn.ts';
import { cancel, capture, DAY, earn, giveBack, hold, policy, redeem, t } from '../testing/commands.ts';
import { FaultyStore } from '../testing/faulty-store.ts';
import { NOON } from '../testing/given.ts';
import { commandOf, happening, type Happening } from '../testing/histories.ts';
import { verifyPeriods } from './verify-books.ts';
import { ANA, summary } from '../testing/ledger-kit.ts';
import { emptyWallet } from '../wallet/state.ts';
import { walletStream } from '../wallet-id.ts';

const USUAL: ReadonlySet<Happening['kind']> = new Set(
  ['earn', 'reverse', 'hold', 'capture', 'release', 'redeem', 'cancel', 'expire', 'activate', 'adjust', 'deduct', 'charge', 'waive',
    'extend', 'send', 'takeBack', 'freeze', 'unfreeze', 'forfeit'],
);
const usual = happening.filter((what) => USUAL.has(what.kind));

/** A ledger on a store in memory behind a line that may fail, with a clock of its own. */
class Books {
  readonly clock = fixedClock(NOON);
  readonly line = new FaultyStore(new MemoryEventStore());
  period = 1;
  readonly ledger = this.process();

  process(cacheMax = 100, expected?: () => number) {
    return createPointsLedger({
      store: this.line.store, clock: this.clock, cacheMax, policyOf: () => policy(),
      ...(expected === undefined ? {} : { periodAt: expected }),
    });
  }

  async close(): Promise<string | undefined> {
    const [outcome] = await this.ledger.closeBooks([ANA], this.period);
    this.period += 1;
    return outcome;
  }

  async events(period: number): Promise<RecordedEvent[]> {
    return Array.fromAsync(this.line.store.readStream(walletStream(ANA, period)));
  }

  /** Every stream folds by its own, to what its snapshot says, without a violation. */
  async verify(): Promise<void> {
    const streams = await Promise.all(Array.from({ length: this.period }, async (_, index) => this.events(index + 1)));
    expect(verifyPeriods(streams.filter((events) => events.length > 0))).toEqual([]);
    for (let period = 1; period <= this.period; period += 1) {
      const { wallet, violations } = verifyStream(await this.events(period));
      expect(violations).toEqual([]);
      const tail = (await this.line.store.load([walletStream(ANA, period)])).get(walletStream(ANA, period));
      if (tail !== undefined && tail.revision > 0) expect(encodeWallet(foldWallet(tail) ?? emptyWallet())).toEqual(encodeWallet(wallet));
    }
  }
}

/** What an answer says, whatever its number in the stream. */
function said(outcome: Outcome) {
  if (outcome.status === 'unknown') return 'unknown';
  const { revision: _, ...rest } = outcome;
  return rest;
}

/** A fact that is told again happened when it happened. */
function happenedOnce(): (command: PointsCommand, now: number) => PointsCommand {
  const first = new Map<string, number>();
  return (command, now) => {
    const name = `${command.type} ${identityOfCommand(command) ?? now}`;
    const occurredAt = first.get(name) ?? now;
    first.set(name, occurredAt);
    return { ...command, occurredAt };
  };
}

describe('closing the books', () => {
  it('changes no answer, no balance and no lot within the return window, wherever it happens', async () => {
    const steps = fc.array(fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: fc.constant('close' as const) }),
      { minLength: 4, maxLength: 30 });
    await fc.assert(fc.asyncProperty(steps, async (all) => {
      const [closing, plain] = [new Books(), new Books()];
      const dated = happenedOnce();
      for (const step of all) {
        if (step === 'close') {
          expect(['closed', 'empty']).toContain(await closing.close());
          continue;
        }
        for (const books of [closing, plain]) books.clock.advance(Math.min(step.waitMs, 3 * DAY));
        const command = dated(commandOf(step, plain.clock.now()), plain.clock.now());
        const [there, here] = [await closing.ledger.handle(ANA, command), await plain.ledger.handle(ANA, command)];
        expect(said(there)).toEqual(said(here));
      }
      const [one, other] = [await closing.ledger.wallet(ANA), await plain.process(0).wallet(ANA)];
      expect([one.balance, one.lots]).toEqual([other.balance, other.lots]);
      await closing.verify();
    }), { numRuns: 120 });
  });

  it('knows every fact again years later, with its first answer, from the stream of its period', async () => {
    await fc.assert(fc.asyncProperty(fc.array(usual, { minLength: 3, maxLength: 15 }), async (all) => {
      const books = new Books();
      const dated = happenedOnce();
      const accepted: [PointsCommand, Outcome][] = [];
      for (const what of all) {
        books.clock.advance(what.waitMs);
        const command = dated(commandOf(what, books.clock.now()), books.clock.now());
        const outcome = await books.ledger.handle(ANA, command);
        const isNew = outcome.status === 'accepted' && !outcome.alreadyDone;
        if (isNew && identityOfCommand(command) !== undefined) accepted.push([command, outcome]);
      }
      for (let year = 0; year < 3; year += 1) {
        await books.close();
        books.clock.advance(365 * DAY);
        await books.ledger.handle(ANA, { ...earn(`of year ${year}`, 1), occurredAt: books.clock.now() });
      }
      for (const [command, first] of accepted) {
        const again = await books.process(0).handle(ANA, command);
        expect(again).toMatchObject({ status: 'accepted', alreadyDone: true });
        expect(again.status === 'accepted' && again.effect).toEqual(first.status === 'accepted' && first.effect);
      }
      await books.verify();
    }), { numRuns: 40 });
  });

  it('given a ticket of two closed periods ago, the same is recognised, other content refused, a new late one accepted', async () => {
    const books = new Books();
    const old = { ...earn('old', [{ points: 100, from: NOON, through: '2026-04-30' }]), occurredAt: t(NOON) };
    await books.ledger.handle(ANA, old);
    await books.close();
    books.clock.advance(365 * DAY);
    await books.ledger.handle(ANA, { ...earn('next year', [{ points: 10, through: null }]), occurredAt: books.clock.now() });
    await books.close();
    books.clock.advance(365 * DAY);
    const { ledger } = books;
    const usual = await ledger.handle(ANA, { ...earn('this year', [{ points: 1, through: null }]), occurredAt: books.clock.now() });
    expect(summary(usual)).toBe('accepted');
    const loads = books.line.loads;
    expect(await ledger.handle(ANA, old)).toMatchObject({ alreadyDone: true, effect: { granted: 100 } });
    expect(books.line.loads - loads).toBe(1);
    expect(summary(await ledger.handle(ANA, { ...old, contentHash: 'other' }))).toBe('sourceConflict');
    const late = await ledger.handle(ANA, { ...earn('late', [{ points: 5, through: null }]), occurredAt: t(NOON) + 1 });
    expect(summary(late)).toBe('accepted');
    expect((await ledger.wallet(ANA)).balance.available).toBe(16);
    expect((await ledger.wallet(ANA)).lots.map((lot) => lot.source)).toEqual(['ticket/next year', 'ticket/this year', 'ticket/late']);
  });

  it('keeps what is inside the return window: a return, a capture and a cancellation go on in the next period', async () => {
    const books = new Books();
    const now = () => books.clock.now();
    await books.ledger.handle(ANA, { ...earn('sale', 100), occurredAt: now() });
    await books.ledger.handle(ANA, { ...redeem('r', 60), occurredAt: now() });
    await books.ledger.handle(ANA, hold('h', 20, now() + 600_000));
    expect(await books.close()).toBe('closed');
    expect(summary(await books.ledger.handle(ANA, capture('h')))).toBe('accepted');
    expect(summary(await books.ledger.handle(ANA, cancel('r', 'c', 10)))).toBe('accepted');
    expect(summary(await books.ledger.handle(ANA, giveBack('sale', 'back', 50)))).toBe('accepted');
    expect((await books.ledger.wallet(ANA)).balance).toMatchObject({ available: 0, held: 0, debt: 20 });
    await books.verify();
  });

  it('forgets what is older than the window, so that the state does not grow with the years', async () => {
    const books = new Books();
    for (let n = 0; n < 30; n += 1) {
      await books.ledger.handle(ANA, { ...earn(`s${n}`, 1), occurredAt: books.clock.now() });
      await books.ledger.handle(ANA, { ...redeem(`r${n}`, 1), occurredAt: books.clock.now() });
    }
    books.clock.advance(RETURN_WINDOW_DAYS * DAY);
    await books.close();
    expect((await books.events(2))[0]?.data).toContain(fingerprintOf('earning\nticket\ns29'));
    await books.close();
    books.clock.advance(1);
    await books.close();
    const tail = (await books.line.store.load([walletStream(ANA, 4)])).get(walletStream(ANA, 4));
    expect(tail?.snapshot?.bytes.length).toBeLessThan(130);
    expect(memoryLimit({ ...emptyWallet(), seen: Array.from({ length: EFFECTS_PER_PERIOD_MAX + 5 }),
      books: { before: 1, past: [], rememberedFrom: 0, carried: 6, hash: '', closedTo: null } } as never)).toBeUndefined();
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
    await expect(closer.closeBooks([ANA], 1)).rejects.toThrow();
    expect(appends).toBe(1);
    expect((await books.events(1)).at(-1)?.type).toBe('BooksClosed');
    expect(await books.events(2)).toEqual([]);
    const outcomes = await Promise.all([dying.handle(ANA, redeem('a', 30)), books.process().handle(ANA, redeem('b', 30))]);
    expect(outcomes.map(summary)).toEqual(['accepted', 'accepted']);
    expect((await books.events(2)).map((event) => event.type)).toEqual(['BooksOpened', 'PointsRedeemed', 'PointsRedeemed']);
    await books.verify();
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
