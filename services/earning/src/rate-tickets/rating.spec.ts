import { describe, expect, it } from '@jest/globals';
import { renderStep } from '@trebol/contracts';
import fc from 'fast-check';
import type { CorrectionFacts, RatedSale, SaleFacts } from '../decision.ts';
import type { RuleVersion } from '../rule-set.ts';
import { eligibleRemaining, shareOf } from './entitlement.ts';
import { rating } from './rating.ts';

const RULES: RuleVersion = {
  version: 1,
  programme: {
    id: 'club', pointType: 'points', zone: 'Europe/Madrid', returnWindowDays: 30, latenessDays: 30, reversalPolicy: 'unlimited',
    pointValue: { points: 100, amount: 100 },
  },
  rules: [{
    id: 'base', names: { es: 'base', en: 'base' }, effect: { perAmount: { points: 1, per: 100 } },
    lots: { available: 'immediately', expiry: { months: 12 } },
  }],
};
const at = (iso: string): number => Date.parse(iso);
const saleOf = (amounts: readonly number[], change: Partial<SaleFacts> = {}): SaleFacts => ({
  key: 's1~1~2026-03-02~1', businessDay: '2026-03-02', occurredAt: at('2026-03-02T10:00:00Z'), currency: 'EUR',
  lines: amounts.map((amount, index) => ({ line: index + 1, quantity: 1, amount })), ...change,
});
const rate = (sale: SaleFacts, recordedAt = '2026-03-02T11:00:00Z') => rating.rateSale(sale, { rules: RULES, recordedAt: at(recordedAt) });

describe('rating a sale', () => {
  for (const [amounts, points] of [
    [[99], 0], [[100], 1], [[199], 1], [[50, 50], 1], [[1_999, 1], 20], [[0], 0], [[10_000_000_000_00], 10_000_000_000],
  ] as const) {
    it(`given lines of ${amounts.join(' + ')} cents at 1 point per whole euro of the ticket, then it gives ${points}`, () => {
      expect(rate(saleOf(amounts)).points).toBe(points);
    });
  }

  for (const [currency, per, amount, points] of [
    ['JPY', 100, 1_250, 1_250], ['JPY', 10_000, 1_250, 12], ['JPY', 150, 10, 6], ['BHD', 100, 12_999, 12], ['EUR', 100, 1_299, 12], ['RSD', 100, 1_299, 12],
  ] as const) {
    it(`given 1 point per ${per} hundredths of a unit and ${amount} minor units of ${currency}, then it gives ${points}`, () => {
      const [base] = RULES.rules;
      const rules = { ...RULES, rules: [{ ...base, effect: { perAmount: { points: 1, per } } } as RuleVersion['rules'][number]] };
      const sold = saleOf([amount], { currency });
      expect(rating.rateSale(sold, { rules, recordedAt: sold.occurredAt }).points).toBe(points);
      const back = { key: 'r', type: 'void', currency, occurredAt: 0, lines: [] } as const;
      expect(rating.rateCorrections({ ...sold, lines: [{ line: 1, quantity: 1, amount }], rules, lots: [{ rule: 'base', lotId: 'lot_0000000000000001' }] }, [], [back]))
        .toMatchObject([{ status: 'reversed', points }]);
    });
  }

  it('given a currency without minor unit, then the explanation shows the ratio in its units', () => {
    const [step] = rate(saleOf([1_250], { currency: 'JPY' })).explanation;
    expect(step && renderStep(step, 'en')).toMatch(/JP¥1,250 × 1 point\(s\) per JP¥1 → 1250 points/);
  });

  it('given a ticket partly paid with points and a gift card, then only the rest earns', () => {
    const tenders = [
      { kind: 'points', amount: 800, points: 80 }, { kind: 'giftCard', amount: 1_000 }, { kind: 'card', amount: 3_200 },
    ] as const;
    expect(rate(saleOf([5_000], { tenders })).points).toBe(32);
    expect(rate(saleOf([500], { tenders })).points).toBe(0);
  });

  for (const [businessDay, validThrough, expiresAt] of [
    ['2026-03-02', '2027-03-02', '2027-03-02T23:00:00Z'],
    ['2028-02-29', '2029-02-28', '2029-02-28T23:00:00Z'],
    ['2026-06-15', '2027-06-15', '2027-06-15T22:00:00Z'],
  ] as const) {
    it(`given a purchase on ${businessDay}, then its points are valid through ${validThrough} in Madrid`, () => {
      const { lots } = rate(saleOf([100], { businessDay, occurredAt: at(`${businessDay}T10:00:00Z`) }), `${businessDay}T11:00:00Z`);
      expect(lots).toMatchObject([{ validThrough, expiresAt: at(expiresAt), availableFrom: at(`${businessDay}T10:00:00Z`) }]);
    });
  }

  it('given a till whose clock is ahead, then its points are available at once', () => {
    const [lot] = rate(saleOf([100], { occurredAt: at('2026-03-02T20:00:00Z') }), '2026-03-02T11:00:00Z').lots;
    expect(lot?.availableFrom).toBe(at('2026-03-02T11:00:00Z'));
  });

  it('given history whose points would have lapsed, then they are valid for 30 days from the day they came', () => {
    const [lot] = rate(saleOf([100], { businessDay: '2011-01-04' }), '2026-03-02T11:00:00Z').lots;
    expect(lot).toMatchObject({ validThrough: '2026-04-01', expiresAt: at('2026-04-01T22:00:00Z') });
  });

  it('given a ticket 30 days after its business day, then it is in time; a day later it is not, unless it is history', () => {
    const late = (recordedAt: string, history: boolean) => rating.isTooOld('2026-03-02', { recordedAt: at(recordedAt), history }, RULES);
    expect(late('2026-04-01T21:59:59Z', false)).toBe(false);
    expect(late('2026-04-01T22:00:00Z', false)).toBe(true);
    expect(late('2026-04-01T22:00:00Z', true)).toBe(false);
  });

  it('given the same inputs, then the award is the same, with the arithmetic explained', () => {
    expect(rate(saleOf([1_250]))).toEqual(rate(saleOf([1_250])));
    expect(rate(saleOf([1_250])).explanation).toEqual([{
      kind: 'perAmount', rule: 'base', version: 1, currency: 'EUR', eligible: 1_250, points: 1, per: 100, granted: 12,
      validThrough: '2027-03-02',
    }]);
  });
});

const ratedSale = (lines: RatedSale['lines'], tenders?: RatedSale['tenders']): RatedSale =>
  ({ currency: 'EUR', lines, tenders, rules: RULES, lots: [{ rule: 'base', lotId: 'lot_0000000000000001' }] });
const back = (key: string, lines: CorrectionFacts['lines'], change: Partial<CorrectionFacts> = {}): CorrectionFacts =>
  ({ key, type: 'return', currency: 'EUR', occurredAt: 0, lines, ...change });
const reversed = (sale: RatedSale, corrections: readonly CorrectionFacts[]): number => rating.rateCorrections(sale, [], corrections)
  .reduce((sum, decision) => sum + (decision.status === 'reversed' ? decision.points : Number.NaN), 0);

describe('rating returns', () => {
  it('given 50 € of which 8 € were paid with 80 points, when half comes back, then half of the 42 points goes', () => {
    const sale = ratedSale(
      [{ line: 1, quantity: 2, amount: 5_000 }], [{ kind: 'points', amount: 800, points: 80 }, { kind: 'card', amount: 4_200 }],
    );
    expect(
      rating.rateCorrections(sale, [], [back('r', [{ originalLine: 1, quantity: 1 }])]),
    ).toMatchObject([{ status: 'reversed', points: 21 }]);
  });

  it('given corrections that were settled before, then the next one takes only what they left', () => {
    const sale = ratedSale([{ line: 1, quantity: 3, amount: 1_000 }]);
    const first = back('r1', [{ originalLine: 1, quantity: 1 }]);
    const [second] = rating.rateCorrections(sale, [first], [back('r2', [{ originalLine: 1, quantity: 1 }])]);
    expect(second).toMatchObject(
      { points: 3, explanation: [{ kind: 'returned', remaining: 333, entitledBefore: 6, entitledAfter: 3, reversed: 3 }] },
    );
    expect(
      rating.rateCorrections(sale, [back('v', [], { type: 'void' })], [first]),
    ).toMatchObject([{ status: 'reversed', points: 0, lots: [] }]);
  });

  it('given a line that was not bought, or more than was bought over all returns, then it is rejected with a pointer', () => {
    const sale = ratedSale([{ line: 1, quantity: 2, amount: 1_000 }]);
    const two = { originalLine: 1, quantity: 2 };
    expect(rating.rateCorrections(sale, [], [back('r', [{ originalLine: 7, quantity: 1 }])]))
      .toEqual([{ key: 'r', status: 'rejected', pointer: '/lines/0/originalLine', reason: 'unknownOriginalLine' }]);
    expect(rating.rateCorrections(sale, [], [back('a', [two]), back('b', [{ originalLine: 1, quantity: 1 }])])[1])
      .toEqual({ key: 'b', status: 'rejected', pointer: '/lines/0/quantity', reason: 'returnedMoreThanBought' });
    expect(rating.rateCorrections(sale, [], [back('r', [{ originalLine: 1, quantity: 1 }, two])]))
      .toMatchObject([{ status: 'rejected', pointer: '/lines/1/quantity' }]);
  });

  it('given another currency than the sale’s, then a return or void is rejected, and the sale stays whole', () => {
    const sale = ratedSale([{ line: 1, quantity: 2, amount: 1_000 }]);
    const whole = back('a', [{ originalLine: 1, quantity: 2 }]);
    for (const type of ['return', 'void'] as const) {
      expect(rating.rateCorrections(sale, [], [{ ...whole, key: 'x', type, currency: 'GBP' }, whole])).toMatchObject(
        [{ key: 'a', status: 'reversed', points: 10 }, { key: 'x', status: 'rejected', pointer: '/currency', reason: 'currencyNotOfOriginal' }],
      );
    }
  });

  const basket = fc.array(
    fc.record({ quantity: fc.integer({ min: 1, max: 12 }), amount: fc.integer({ min: 0, max: 50_000 }) }),
    { minLength: 1, maxLength: 6 },
  );

  it('given any split of the same goods over returns, in any order, then the points reversed are the same in all', () => {
    fc.assert(fc.property(basket, fc.nat(20_000), fc.infiniteStream(fc.nat(1_000)), (lines, paidWithPoints, dice) => {
      const roll = (below: number): number => (dice.next().value ?? 0) % below;
      const sale = ratedSale(
        lines.map((one, index) => ({ line: index + 1, ...one })), [{ kind: 'points', amount: paidWithPoints, points: 1 }],
      );
      const gone = lines.map(
        ({ quantity }, index) => ({ originalLine: index + 1, quantity: roll(quantity + 1) }),
      ).filter(({ quantity }) => quantity > 0);
      const pieces = gone.flatMap(({ originalLine, quantity }) => Array.from({ length: quantity }, () => ({ originalLine, quantity: 1 })));
      const returns = Map.groupBy(pieces, () => roll(4));
      const split = [...returns].map(([name, parts]) => back(`r${name}`, parts, { occurredAt: roll(10) }));
      expect(reversed(sale, split)).toBe(gone.length === 0 ? 0 : reversed(sale, [back('all', gone)]));
    }));
  });

  it('given goods by weight, then any split of the same return to the gram reverses the same points', () => {
    const weighed = fc.array(fc.record({
      quantity: fc.integer({ min: 1, max: 99_999_999_999 }), amount: fc.integer({ min: 0, max: 50_000 }), gone: fc.nat(1_000_000), cut: fc.nat(1_000_000),
    }), { minLength: 1, maxLength: 6 });
    const part = (whole: number, millionths: number): number => Number(BigInt(whole) * BigInt(millionths) / 1_000_000n);
    fc.assert(fc.property(weighed, fc.nat(20_000), (lines, paidWithPoints) => {
      const sale = ratedSale(lines.map(({ quantity, amount }, index) => ({ line: index + 1, quantity, amount })),
        [{ kind: 'points', amount: paidWithPoints, points: 1 }]);
      const gone = lines.map(({ quantity, gone: share }, index) => ({ originalLine: index + 1, quantity: part(quantity, share) }));
      const first = gone.map(({ originalLine, quantity }, index) => ({ originalLine, quantity: part(quantity, lines[index]?.cut ?? 0) }));
      const rest = gone.map(({ originalLine, quantity }, index) => ({ originalLine, quantity: quantity - (first[index]?.quantity ?? 0) }));
      const whole = reversed(sale, [back('all', gone)]);
      expect(reversed(sale, [back('a', first), back('b', rest)])).toBe(whole);
      expect(reversed(sale, [back('b', rest), back('a', first), back('v', [], { type: 'void' })])).toBe(reversed(sale, [back('v', [], { type: 'void' })]));
      expect(whole).toBeGreaterThanOrEqual(0);
    }));
  });

  it('given any returns and then a void, then everything that was given is taken back, no more', () => {
    fc.assert(fc.property(basket, fc.boolean(), (lines, first) => {
      const sale = ratedSale(lines.map((one, index) => ({ line: index + 1, ...one })));
      const given = rate(saleOf([], { lines: sale.lines })).points;
      const some = back('r', [{ originalLine: 1, quantity: 1 }], { occurredAt: first ? 1 : 3 });
      expect(reversed(sale, [some, back('v', [], { type: 'void', occurredAt: 2 })])).toBe(given);
    }));
  });

  it('given anything gone, then what remains is never worth more than before, and nothing when all is gone', () => {
    fc.assert(fc.property(basket, (lines) => {
      const sale = ratedSale(lines.map((one, index) => ({ line: index + 1, ...one })));
      const all = new Map(sale.lines.map(({ line, quantity }) => [line, quantity]));
      expect(eligibleRemaining(sale, all)).toEqual({ remaining: 0, eligible: 0 });
      expect(eligibleRemaining(sale, new Map([[1, 1]])).eligible).toBeLessThanOrEqual(eligibleRemaining(sale, new Map()).eligible);
    }));
  });

  it('given figures beyond the exact floats, then shares are still exact', () => {
    expect(shareOf(9_007_199_254_740_991, 9_007_199_254_740_990, 9_007_199_254_740_991)).toBe(9_007_199_254_740_990);
    expect(shareOf(7, 1, 0)).toBe(0);
  });
});
