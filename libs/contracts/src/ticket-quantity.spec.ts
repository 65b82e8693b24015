import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decimalText, inSpanish, plainQuantity, quantity, QUANTITY_UNITS_MAX, thousandthsOf, UNIT_PRICE_MINOR_MAX, unitPrice, unitPriceText,
} from './index.ts';

describe('how much was bought', () => {
  it.each([
    [1, 1_000, 1], [QUANTITY_UNITS_MAX, 100_000_000_000, QUANTITY_UNITS_MAX], ['1.5', 1_500, '1.5'], ['1.500', 1_500, '1.5'],
    ['0.001', 1, '0.001'], ['2.000', 2_000, 2], ['007.25', 7_250, '7.25'], ['3', 3_000, 3], ['99999999.999', 99_999_999_999, '99999999.999'],
  ])('given %j, then it is %d thousandths, written %j', (given, thousandths, plain) => {
    expect(quantity.parse(given)).toBe(given);
    expect([thousandthsOf(given), plainQuantity(given)]).toEqual([thousandths, plain]);
  });

  it.each([0, -1, QUANTITY_UNITS_MAX + 1])('given %d whole units, then it is refused', (given) => {
    expect(quantity.safeParse(given).success).toBe(false);
  });

  it.each([1.5, '0', '0.000', '1.0005', '-1.5', '1,5', '.5', '1.', '100000000.5', ' 1', 'x', true])(
    'given %j, then it is refused and the form that is wanted is told, in both languages', (given) => {
      const said = quantity.safeParse(given).error?.issues[0]?.message ?? '';
      expect(said).toMatch(/such as 2, or a decimal text.*"1\.5"/);
      expect(inSpanish(said)).toMatch(/entero.*como 2, o un texto decimal.*"1\.5"/);
    });

  it('given any thousandths, then their spelling says exactly as many', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 99_999_999_999 }), (thousandths) => {
      const text = `${Math.trunc(thousandths / 1_000)}.${String(thousandths % 1_000).padStart(3, '0')}`;
      expect([thousandthsOf(text), thousandthsOf(plainQuantity(text))]).toEqual([thousandths, thousandths]);
      expect(quantity.safeParse(plainQuantity(text)).success).toBe(true);
    }));
  });
});

describe('the price of a unit', () => {
  it.each([
    [255, 'EUR', '2.55'], [5, 'EUR', '0.05'], [0, 'EUR', '0.00'], [255, 'JPY', '255'], [255, 'BHD', '0.255'], ['0.001', 'GBP', '0.001'],
    ['2.5', 'EUR', '2.5'], [UNIT_PRICE_MINOR_MAX, 'JPY', '999999999999'], [UNIT_PRICE_MINOR_MAX, 'EUR', '9999999999.99'],
  ])('given %j in %s, then it is kept as the decimal text %s', (given, currency, text) => {
    expect(unitPriceText(unitPrice.parse(given), currency)).toBe(text);
    expect(decimalText.safeParse(text).success).toBe(true);
  });

  it.each([-1, UNIT_PRICE_MINOR_MAX + 1])('given %d minor units, then it is refused', (given) => {
    expect(unitPrice.safeParse(given).success).toBe(false);
  });

  it.each([2.55, '2,55', '-2.55', '', 'x'])('given %j, then it is refused and the form that is wanted is told', (given) => {
    const said = unitPrice.safeParse(given).error?.issues[0]?.message ?? '';
    expect(said).toMatch(/such as 255, or a decimal text such as "2\.55"/);
    expect(inSpanish(said)).toMatch(/céntimos.*255.*"2\.55"/);
  });
});
