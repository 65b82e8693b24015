import { describe, expect, it } from '@jest/globals';
import type { WalletBalance, WalletReading } from '@trebol/points';
import fc from 'fast-check';
import { memberCard, memberCardAnswer, moneyValue } from './member-card.ts';

const MEMBER = `mbr_${'0'.repeat(32)}`;
const euros = { points: 100, minorUnits: 100, currency: 'EUR' };
const nothing: WalletBalance = { available: 0, pending: 0, held: 0, debt: 0, feeDue: 0, expiring: [] };
const reading = (balance: Partial<WalletBalance>): WalletReading =>
  ({ revision: 3, asOf: Date.parse('2026-02-10T10:00:00Z'), balance: { ...nothing, ...balance }, lots: [] });
const plain = (text: string): string => text.replaceAll(/\s/g, ' ');

describe("the till's member card", () => {
  it('given points of which some lapse soon, then the sentence says both in both languages', () => {
    const card = memberCard(MEMBER, reading({ available: 1234, expiring: [{ validThrough: '2026-02-28', points: 200 }] }), euros);
    expect(card).toMatchObject({ available: 1234, moneyValue: { amount: 1234, currency: 'EUR' }, flags: ['expiringSoon'], revision: 3 });
    expect(plain(card.say.es)).toBe('Tiene 1.234 puntos, que valen 12,34 €. 200 puntos valen hasta el 28 de febrero.');
    expect(plain(card.say.en)).toBe('You have 1,234 points, worth €12.34. 200 points are valid through 28 February.');
  });

  it('given one point that lapses much later, then nothing urges', () => {
    const card = memberCard(MEMBER, reading({ available: 1, expiring: [{ validThrough: '2026-12-31', points: 1 }] }), euros);
    expect(card.flags).toEqual([]);
    expect(plain(card.say.es)).toBe('Tiene 1 punto, que valen 0,01 €.');
  });

  it('given debt, fee and pending points, then the till sees a flag for each', () => {
    expect(memberCard(MEMBER, reading({ pending: 5, debt: 4, feeDue: 3 }), euros).flags).toEqual(['pending', 'debt', 'feeDue']);
  });

  it('given points that are worth no whole cent, then the value is rounded down, exactly', () => {
    const dear = { points: 100, minorUnits: 1, currency: 'EUR' };
    expect([moneyValue(199, dear), moneyValue(200, dear)]).toEqual([1, 2]);
    expect(moneyValue(Number.MAX_SAFE_INTEGER, euros)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('given any wallet, then the card satisfies its schema and stays under 2 KB', () => {
    const amount = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    const validThrough = fc.integer({ min: 10, max: 28 }).map((day) => `2026-02-${day}`);
    const expiring = fc.array(fc.record({ validThrough, points: amount }), { maxLength: 40 });
    const anything = fc.record({ available: amount, pending: amount, held: amount, debt: amount, feeDue: amount, expiring });
    fc.assert(fc.property(anything, (balance) => {
      const card = memberCard(MEMBER, reading(balance), euros);
      expect(memberCardAnswer.safeParse(card).success).toBe(true);
      expect(Buffer.byteLength(JSON.stringify(card))).toBeLessThan(2_048);
    }));
  });
});
