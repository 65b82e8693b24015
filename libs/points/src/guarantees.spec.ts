import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cancel, capture, DAY, earn, giveBack, hold, MINUTE, redeem, t, utc } from './testing/commands.ts';
import { given, History, NOON } from './testing/given.ts';
import { live, happenings, withoutRecording } from './testing/histories.ts';

const RUNS = { numRuns: 300 };
const points = fc.integer({ min: 1, max: 60 });

/** Sales and redemptions of somebody, before and after the purchase in question. */
const facts = fc.array(fc.record({ sale: fc.boolean(), points, pending: fc.boolean() }), { maxLength: 6 });
type Facts = readonly { readonly sale: boolean; readonly points: number; readonly pending: boolean }[];

function tell(history: History, all: Facts, prefix: string): void {
  all.forEach((fact, n) => {
    if (fact.sale) history.run(earn(`${prefix}${n}`, [{ points: fact.points, from: fact.pending ? '2026-02-20' : '2026-01-01' }]));
    else history.run(redeem(`${prefix}${n}`, fact.points));
  });
}

describe('a full return (G4)', () => {
  it('leaves the wallet as if the purchase had never been: points that were spent meanwhile are debt', () => {
    const world = fc.record({ before: facts, after: facts, sale: fc.array(points, { minLength: 1, maxLength: 3 }), spent: fc.nat({ max: 80 }) });
    fc.assert(fc.property(world, ({ before, after, sale, spent }) => {
      const bought = new History();
      tell(bought, before, 'b');
      bought.run(earn('purchase', sale.map((part) => ({ points: part }))));
      if (spent > 0) bought.run(redeem('with it', spent));
      bought.run(giveBack('purchase', 'all of it', sale));
      tell(bought, after.filter((fact) => fact.sale), 'a');

      const never = new History();
      tell(never, before, 'b');
      tell(never, after.filter((fact) => fact.sale), 'a');
      const gone = bought.wallet.totals.spent - never.wallet.totals.spent;
      for (const when of [NOON, '2026-02-20']) {
        const [there, as] = [bought.balance(when), never.balance(when)];
        expect(there.available + there.pending - there.debt).toBe(as.available + as.pending - gone);
        expect(Math.min(there.available, there.debt)).toBe(0);
      }
      if (gone === 0) expect(bought.balance()).toEqual(never.balance());
    }), RUNS);
  });
});

describe('how far a return reaches (G6)', () => {
  it('never makes debt unless the policy is unlimited, and takes nothing available where only pending points may go', () => {
    const policies = fc.constantFrom('onlyPending', 'withinBalance', 'unlimited');
    const world = fc.record({ all: facts, sale: points, pending: points, spent: points, policy: policies });
    fc.assert(fc.property(world, ({ all, sale, pending, spent, policy }) => {
      const wallet = given(earn('s', [{ points: sale }, { points: pending, from: '2026-02-20' }])).under(policy);
      tell(wallet.history, all, 'f');
      wallet.history.run(redeem('r', spent));
      const before = wallet.history.balance();
      wallet.when(giveBack('s', 'back', [sale, pending])).thenRecords('PointsReversed');
      const after = wallet.history.balance();
      if (policy !== 'unlimited') expect(after.debt).toBe(before.debt);
      if (policy === 'onlyPending') expect(after.available).toBe(before.available);
      if (policy === 'unlimited') expect(before.available + before.pending - after.available - after.pending + after.debt).toBe(sale + pending);
      if (after.debt > 0) expect(after.available).toBe(0);
    }), RUNS);
  });
});

describe('cancellations (hard case 10)', () => {
  it('in any split end in the same wallet as one of the sum, also after lots have lapsed', () => {
    const world = fc.record({
      lots: fc.array(fc.record({ points, days: fc.integer({ min: 1, max: 9 }) }), { minLength: 1, maxLength: 4 }),
      parts: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }), wait: fc.nat({ max: 12 }),
    });
    fc.assert(fc.property(world, ({ lots, parts, wait }) => {
      const granted = lots.reduce((total, lot) => total + lot.points, 0);
      const asked = parts.reduce((total, part) => total + part, 0);
      fc.pre(asked <= granted);
      const spent = () => {
        const wishes = lots.map((lot) => ({ points: lot.points, through: utc.addDays('2026-02-10', lot.days) }));
        const { history } = given(earn('s', wishes), redeem('r', granted));
        history.now += wait * DAY;
        return history;
      };
      const [whole, inParts] = [spent(), spent()];
      whole.run(cancel('r', 'whole', asked));
      parts.forEach((part, n) => inParts.run(cancel('r', `part ${n}`, part)));
      expect({ ...withoutRecording(inParts.wallet), seen: [] }).toEqual({ ...withoutRecording(whole.wallet), seen: [] });
    }), RUNS);
  });
});

describe('held points (hard case 5)', () => {
  it('survive the last day of their lots while the hold is open, whatever else happens, and may be captured whole', () => {
    fc.assert(fc.property(happenings, points, fc.integer({ min: 1, max: 10_000 }), (all, asked, minutes) => {
      const history = live(all.filter(({ kind }) => !['freeze', 'forfeit', 'moveOut', 'moveIn', 'close'].includes(kind)));
      const until = history.now + minutes * MINUTE;
      history.run(earn('of today', [{ points: 60, through: utc.dayOf(history.now) }]));
      fc.pre(history.balance().available > 0);
      const placed = history.run(hold('pinned', Math.min(asked, history.balance().available), until));
      fc.pre(placed.verdict === 'accepted');
      history.run(giveBack('s0', 'returned meanwhile', [1, 1]));
      history.now = until - 1;
      expect(history.run(capture('pinned')).verdict).toBe('accepted');
      history.now = t(NOON) + 500 * DAY;
      expect(history.run(capture('pinned')).verdict).toBe('alreadyDone');
    }), RUNS);
  });
});
