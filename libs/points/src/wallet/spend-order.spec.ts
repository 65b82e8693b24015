import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY } from '../testing/commands.ts';
import { allocate, hasLapsed, inSpendOrder, isSpendable, payOwed, without } from './spend-order.ts';
import type { Lot } from './state.ts';

const lotAt = (change: Partial<Lot>): Lot => ({
  lotId: 'lot_0000000000000000', source: '0', recorded: 1, granted: 10, entitled: 10, remaining: 10, held: 0, expired: 0, forgiven: 0,
  availableFrom: 0, expiresAt: 100, validThrough: '1970-01-01', activated: true, ...change,
});

const lots = fc.array(fc.record({
  expiresAt: fc.option(fc.integer({ min: 1, max: 6 }).map((day) => day * DAY)), remaining: fc.integer({ min: 1, max: 9 }),
  availableFrom: fc.integer({ min: 0, max: 2 }), recorded: fc.integer({ min: 1, max: 3 }),
}).map(lotAt), { maxLength: 6 }).map((all) => all.map((lot, n) => ({ ...lot, lotId: `lot_${n.toString(16).padStart(16, '0')}` })));

describe('the spend order (G3)', () => {
  it.each([
    ['soonest to lapse', { expiresAt: 50 }, { expiresAt: 60, availableFrom: -1, recorded: 0 }],
    ['never-lapsing last', { expiresAt: 50 }, { expiresAt: null, availableFrom: -1, recorded: 0 }],
    ['then earliest available', { availableFrom: 1, recorded: 9 }, { availableFrom: 2, recorded: 1 }],
    ['then earliest recorded', { recorded: 1, lotId: 'lot_b' }, { recorded: 2, lotId: 'lot_a' }],
    ['then lot id', { lotId: 'lot_a' }, { lotId: 'lot_b' }],
  ])('%s', (_, first, second) => {
    expect(inSpendOrder(lotAt(first), lotAt(second))).toBeLessThan(0);
    expect(inSpendOrder(lotAt(second), lotAt(first))).toBeGreaterThan(0);
  });

  it('is a total order: however lots are mixed, they sort alike', () => {
    fc.assert(fc.property(lots.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([all, mixed]) => {
      expect(mixed.toSorted(inSpendOrder)).toEqual(all.toSorted(inSpendOrder));
    }));
  });

  it('loses no more points to time than any other order would (README, proof)', () => {
    const world = lots.chain((all) => fc.record({ all: fc.constant(all), other: fc.shuffledSubarray(all,
      { minLength: all.length }), spend: fc.nat({ max: 40 }), until: fc.integer({ min: 1, max: 7 }) }));
    fc.assert(fc.property(world, ({ all, other, spend, until }) => {
      expect(lostBy(until * DAY, all.toSorted(inSpendOrder), spend)).toBeLessThanOrEqual(lostBy(until * DAY, other, spend));
    }));
  });
});

describe('a lot\'s time', () => {
  it('begins at availableFrom and is over at expiresAt, to the millisecond', () => {
    const lot = lotAt({ availableFrom: 10, expiresAt: 20 });
    expect([9, 10, 19, 20].map((at) => isSpendable(lot, at))).toEqual([false, true, true, false]);
    expect(hasLapsed(lotAt({ expiresAt: null }), Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});

describe('allocations', () => {
  it('take what is there, in order, and never name a lot for nothing', () => {
    expect(allocate([{ lotId: 'a', points: 3 }, { lotId: 'b', points: 0 }, { lotId: 'c', points: 9 }], 5))
      .toEqual([{ lotId: 'a', points: 3 }, { lotId: 'c', points: 2 }]);
    expect(allocate([{ lotId: 'a', points: 3 }], 5)).toEqual([{ lotId: 'a', points: 3 }]);
    expect(without([{ lotId: 'a', points: 3 }, { lotId: 'b', points: 2 }], [{ lotId: 'a', points: 3 }]))
      .toEqual([{ lotId: 'b', points: 2 }]);
    expect(payOwed({ debt: 4, feeDue: 9 }, [{ lotId: 'a', points: 3 }, { lotId: 'b', points: 3 }])).toEqual({
      debtRepaid: [{ lotId: 'a', points: 3 }, { lotId: 'b', points: 1 }], feeRecovered: [{ lotId: 'b', points: 2 }],
    });
    expect(payOwed({ debt: 0, feeDue: 0 }, [{ lotId: 'a', points: 3 }])).toEqual({ debtRepaid: [], feeRecovered: [] });
  });
});

/** Points that lapse by an instant when so many are spent first, in the order of the list. */
function lostBy(until: number, order: readonly Lot[], spend: number): number {
  const spent = new Map(allocate(order.map((lot) => ({ lotId: lot.lotId, points: lot.remaining })), spend)
    .map((part) => [part.lotId, part.points]));
  return order.filter((lot) => hasLapsed(lot, until)).reduce((lost, lot) => lost + lot.remaining - (spent.get(lot.lotId) ?? 0), 0);
}
