import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PointsCommand } from '../commands.ts';
import { fingerprintOf, identityOfCommand } from '../identity.ts';
import type { Outcome } from '../ledger.ts';
import { EFFECTS_PER_PERIOD_MAX, RETURN_WINDOW_DAYS } from '../limits.ts';
import { memoryLimit } from '../decide/earn.ts';
import { cancel, capture, DAY, earn, giveBack, hold, redeem, t } from '../testing/commands.ts';
import { NOON } from '../testing/given.ts';
import { commandOf, happening, type Happening } from '../testing/histories.ts';
import { ANA, summary } from '../testing/ledger-kit.ts';
import { emptyWallet } from '../wallet/state.ts';
import { walletStream } from '../wallet-id.ts';
import { Books } from '../testing/books-kit.ts';

const USUAL: ReadonlySet<Happening['kind']> = new Set(
  ['earn', 'reverse', 'hold', 'capture', 'release', 'redeem', 'cancel', 'expire', 'activate', 'adjust', 'deduct', 'charge', 'waive',
    'extend', 'send', 'takeBack', 'freeze', 'unfreeze', 'forfeit', 'receive', 'moveIn', 'moveOut'],
);
const usual = happening.filter((what) => USUAL.has(what.kind));

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

/** A merge whose points are spent before the books are closed, and a return of one of its sales. */
const what = { waitMs: 0, name: 0, points: 50, delay: 0, days: 400 };
const MERGED: readonly (Happening | 'close')[] = [
  { ...what, kind: 'moveIn' }, { ...what, kind: 'redeem' }, 'close', { ...what, kind: 'reverse' },
];

describe('closing the books', () => {
  it('changes no answer, no balance and no lot within the return window, wherever it happens', async () => {
    const steps = fc.array(fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: fc.constant('close' as const) }),
      { minLength: 4, maxLength: 30 });
    const merged = fc.tuple(fc.constantFrom([], MERGED), steps).map(([first, rest]) => [...first, ...rest]);
    await fc.assert(fc.asyncProperty(merged, async (all) => {
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
