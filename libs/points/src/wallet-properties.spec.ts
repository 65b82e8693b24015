import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeEvent, encodeEvent } from './codec/event-codec.ts';
import { decodeWallet, encodeWallet } from './codec/wallet-codec.ts';
import type { PointsCommand } from './commands.ts';
import { nextDueAt } from './fold.ts';
import { activateLots, DAY, earn, expireLots, giveBack, hold, redeem } from './testing/commands.ts';
import { given, History } from './testing/given.ts';
import { happening, happenings, commandOf, live, withoutRecording } from './testing/histories.ts';
import { settle } from './wallet/due.ts';
import { evolve } from './wallet/evolve.ts';
import { emptyWallet } from './wallet/state.ts';

const RUNS = { numRuns: 300 };

describe('over random histories', () => {
  it('points are conserved after every event, and nothing is ever negative', () => {
    fc.assert(fc.property(happenings, (all) => { live(all); }), { numRuns: 600 });
  });

  it('a history delivered twice, command by command, is the same history', () => {
    fc.assert(fc.property(happenings, (all) => {
      const once = live(all);
      const twice = new History();
      twice.now = once.now - all.reduce((total, what) => total + what.waitMs, 0);
      for (const what of all) {
        twice.now += what.waitMs;
        const command = commandOf(what, twice.now);
        twice.run(command);
        const revision = twice.wallet.revision;
        const again = twice.run(command);
        expect(again.verdict === 'accepted' ? again.events : []).toEqual([]);
        expect(twice.wallet.revision).toBe(revision);
      }
      expect(twice.wallet).toEqual(once.wallet);
    }), RUNS);
  });

  it('a snapshot at any revision, then the events after it, is the fold from zero', () => {
    fc.assert(fc.property(happenings, fc.nat(), (all, cut) => {
      const { events, wallet } = live(all);
      const at = cut % (events.length + 1);
      const kept = decodeWallet(encodeWallet(events.slice(0, at).reduce(evolve, emptyWallet()))) ?? emptyWallet();
      expect(events.slice(at).reduce(evolve, kept)).toEqual(wallet);
    }), RUNS);
  });

  it('every event is read as it was written', () => {
    fc.assert(fc.property(happenings, (all) => {
      for (const event of live(all).events) expect(decodeEvent(encodeEvent(event))).toEqual(event);
    }), RUNS);
  });

  it('nothing is due before nextDueAt says so, and something is at that instant', () => {
    fc.assert(fc.property(happenings, (all) => {
      const { wallet } = live(all);
      const next = nextDueAt(wallet);
      if (next === null) return expect(settle(wallet, { until: Number.MAX_SAFE_INTEGER, recordedAt: 0 }).events).toEqual([]);
      expect(settle(wallet, { until: next - 1, recordedAt: next }).events).toEqual([]);
      expect(settle(wallet, { until: next, recordedAt: next }).events.length).toBeGreaterThan(0);
    }), RUNS);
  });
});

describe('time (G2)', () => {
  it('booked daily, late or never, it gives every command the same answer', () => {
    fc.assert(fc.property(happenings, happening, (all, last) => {
      const lazy = live(all);
      const diligent = live(all, (history) => { history.run(expireLots(history.now)); history.run(activateLots(history.now)); });
      lazy.now += last.waitMs;
      diligent.now = lazy.now;
      diligent.run(expireLots(diligent.now));
      const [late, early] = [lazy.run(commandOf(last, lazy.now)), diligent.run(commandOf(last, diligent.now))];
      const statesTime = ['expire', 'activate', 'lapse', 'release'].includes(last.kind);
      if (!statesTime) expect(early.verdict).toBe(late.verdict);
      if (late.verdict === 'refused') expect(early).toEqual(late);
      expect(diligent.balance()).toEqual(lazy.balance());
      expect(withoutRecording(settled(diligent))).toEqual(withoutRecording(settled(lazy)));
    }), RUNS);
  });

  it('booked in any steps, it ends in the same wallet', () => {
    fc.assert(fc.property(happenings, fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 6 }), (all, days) => {
      const { wallet, now } = live(all);
      const end = now + 40 * DAY;
      const stops = [...days.map((day) => now + day * DAY).toSorted((a, b) => a - b), end];
      const inSteps = stops.reduce((state, until) => settle(state, { until, recordedAt: end }).wallet, wallet);
      expect(inSteps).toEqual(settle(wallet, { until: end, recordedAt: end }).wallet);
    }), RUNS);
  });

  it('never lets points that have lapsed be spent', () => {
    fc.assert(fc.property(happenings, (all) => {
      live(all, (history, command) => {
        if (command.type !== 'RedeemPoints' && command.type !== 'PlaceHold') return;
        const decision = history.decide(command);
        if (decision.verdict !== 'accepted') return;
        for (const { lotId } of decision.own.flatMap((event) => ('allocations' in event ? event.allocations : []))) {
          const lot = history.wallet.lots.find((one) => one.lotId === lotId);
          expect(lot?.expiresAt ?? Infinity).toBeGreaterThan(history.now);
          expect(lot?.availableFrom).toBeLessThanOrEqual(history.now);
        }
      });
    }), RUNS);
  });
});

describe('returns', () => {
  it('any split of a return ends in the same wallet as the whole return (G5)', () => {
    const parts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 });
    const world = fc.record({ split: parts, spent: fc.nat({ max: 100 }), other: fc.nat({ max: 60 }), lapsed: fc.boolean() });
    fc.assert(fc.property(world, ({ split, spent, other, lapsed }) => {
      const past = () => {
        const history = given(earn('s', [{ points: 100, through: '2026-02-12' }]), ...(other > 0 ? [earn('other', other)] : []),
          ...(spent > 0 ? [redeem('r', spent)] : [])).history;
        if (lapsed) history.now += 5 * DAY;
        return history;
      };
      const whole = past();
      whole.run(giveBack('s', 'whole', split.reduce((total, part) => total + part, 0)));
      const inParts = past();
      split.forEach((part, n) => inParts.run(giveBack('s', `part ${n}`, part)));
      expect({ ...withoutRecording(inParts.wallet), seen: [] }).toEqual({ ...withoutRecording(whole.wallet), seen: [] });
    }), RUNS);
  });

  it('every permutation of sale, return, second return and void ends in the same wallet, lot by lot (hard case 3)', () => {
    const facts = [earn('sale', [{ points: 100 }, { points: 50 }]), giveBack('sale', 'return', [30, 0]), giveBack('sale',
      'second', [20, 50]), giveBack('sale', 'void', [50, 0])];
    fc.assert(fc.property(fc.shuffledSubarray(facts, { minLength: facts.length }), (order) => {
      const history = new History();
      arrive(history, order);
      expect(withoutRecording(history.wallet)).toEqual(withoutRecording(arrive(new History(), facts).wallet));
      expect(history.balance()).toMatchObject({ available: 0, debt: 0 });
    }));
  });

  it('the order in which independent facts arrive does not change what the wallet holds', () => {
    const fact = fc.record({
      points: fc.integer({ min: 2, max: 60 }), pending: fc.boolean(), returned: fc.integer({ min: 0, max: 60 }),
        days: fc.constantFrom(20, 90, 400),
    });
    const world = fc.record({ facts: fc.array(fact, { minLength: 1, maxLength: 5 }), spent: fc.nat({ max: 100 }),
      held: fc.nat({ max: 100 }), seed: fc.infiniteStream(fc.nat()) });
    fc.assert(fc.property(world, ({ facts, spent, held, seed }) => {
      const commands = facts.flatMap(({ points, pending, returned, days }, n) => [
        earn(`f${n}`, [{ points, from: pending ? '2026-02-15' : '2026-01-01',
          through: new Date(Date.parse('2026-02-10') + days * DAY).toISOString().slice(0, 10) }]),
        ...(returned > 0 ? [giveBack(`f${n}`, `f${n} back`, Math.min(returned, points))] : []),
      ]);
      commands.push(giveBack('past', 'past back', 100));
      const past = [earn('past', 100), ...(spent > 0 ? [redeem('r', spent)] : []),
        ...(held > 0 && held + spent <= 100 ? [hold('h', held, '2026-02-10T13:00:00Z')] : [])];
      const order = commands.map((command) => ({ command, at: seed.next().value as number })).toSorted((a, b) => a.at - b.at)
        .map((one) => one.command);
      const [asGiven, shuffled] = [arrive(given(...past).history, commands), arrive(given(...past).history, order)];
      for (const when of ['2026-02-10T12:00:00Z', '2026-02-10T13:00:00Z', '2026-02-15']) {
        expect(figuresOf(shuffled, when)).toEqual(figuresOf(asGiven, when));
      }
    }), RUNS);
  });

  /** Facts in the order given; a return that is earlier than its sale waits for it, as it does upstream. */
  function arrive(history: History, facts: readonly PointsCommand[]): History {
    let waiting: readonly PointsCommand[] = [];
    for (const fact of facts) {
      waiting = [...waiting, fact].filter((command) => {
        const decision = history.run(command);
        return decision.verdict === 'refused' && decision.refusal.code === 'sourceNotFound';
      });
      waiting = waiting.filter((command) => history.run(command).verdict === 'refused');
    }
    expect(waiting).toEqual([]);
    return history;
  }
});

function figuresOf(history: History, when: string) {
  const { available, pending, held, debt } = history.balance(when);
  return { available, pending, held, debt };
}

function settled(history: History) {
  return settle(history.wallet, { until: history.now, recordedAt: history.now }).wallet;
}
