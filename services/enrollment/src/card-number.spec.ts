import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkCardPrefix, checkDigit, isMistypedCard, issueCardNumber } from './card-number.ts';

describe('card numbers', () => {
  it('given published EAN-13 numbers, then the check digit is theirs', () => {
    expect(checkDigit('400638133393')).toBe('1');
    expect(checkDigit('590123412345')).toBe('7');
    expect(checkDigit('978014300723')).toBe('4');
  });

  it('given any member, when a card is issued, then it is an EAN-13 of our prefix that passes its own check', () => {
    fc.assert(fc.property(fc.string(), fc.constantFrom('2', '29', '2901'), (seed, prefix) => {
      const card = issueCardNumber(prefix, seed);
      expect(card).toMatch(/^\d{13}$/);
      expect(card.startsWith(prefix)).toBe(true);
      expect(isMistypedCard(prefix, card)).toBe(false);
    }));
  });

  it('given a card of ours, when one digit is mistyped, then it is always noticed', () => {
    fc.assert(fc.property(fc.string(), fc.integer({ min: 2, max: 12 }), fc.integer({ min: 1, max: 9 }), (seed, at, shift) => {
      const card = issueCardNumber('29', seed);
      const wrong = String((Number(card.charAt(at)) + shift) % 10);
      expect(isMistypedCard('29', card.slice(0, at) + wrong + card.slice(at + 1))).toBe(true);
    }));
  });

  it('given a number of another scheme, then it is not held against our check digit', () => {
    expect(isMistypedCard('29', '12345')).toBe(false);
    expect(isMistypedCard('29', '4006381333930')).toBe(false);
    expect(isMistypedCard('29', '29ABC')).toBe(false);
  });

  it('given a prefix that is too long or no number, then it is refused at start', () => {
    expect(checkCardPrefix('2901')).toBe('2901');
    for (const prefix of ['', '29012', 'ES']) expect(() => checkCardPrefix(prefix)).toThrow(RangeError);
  });
});
