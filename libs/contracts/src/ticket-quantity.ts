import { z } from 'zod';
import { currencyExponent } from './currency-exponent.ts';
import { DECIMAL } from './primitives.ts';

/** Most units of one line: ten times the largest delivery of a wholesaler; in thousandths it stays far inside the exact integers. */
export const QUANTITY_UNITS_MAX = 100_000_000;
/** Largest price of a unit in minor units: as a decimal text it has 12 digits before the point in any currency. */
export const UNIT_PRICE_MINOR_MAX = 999_999_999_999;

/** The missing field itself is told by the general message; everything else by the form that is wanted. */
const wanted = (form: string) => ({ error: (issue: { readonly input?: unknown }) => (issue.input === undefined ? undefined : form) });

const QUANTITY_FORM = 'Must be a whole number above 0 such as 2, or a decimal text with 3 decimals at most such as "1.5"';
const PRICE_FORM = 'Must be minor units as a whole number such as 255, or a decimal text such as "2.55"';

/** How much of an article: whole units as a number, parts of one (kilos, metres) as decimal text, never a float (decision 0012). */
export const quantity = z.union(
  [z.int().min(1).max(QUANTITY_UNITS_MAX), z.string().regex(/^(?=.*[1-9])\d{1,8}(\.\d{1,3})?$/, QUANTITY_FORM)],
  wanted(QUANTITY_FORM),
);
export type Quantity = z.infer<typeof quantity>;

/** Price of a unit: minor units as a number, or decimal text in whole units, which may have fractions of a minor unit. */
export const unitPrice = z.union(
  [z.int().min(0).max(UNIT_PRICE_MINOR_MAX), z.string().regex(DECIMAL, PRICE_FORM)],
  wanted(PRICE_FORM),
);
export type UnitPrice = z.infer<typeof unitPrice>;

const THOUSAND = 1_000;
const DECIMALS = 3;

/** A quantity in thousandths of a unit: exact, for any arithmetic. */
export function thousandthsOf(amount: Quantity): number {
  if (typeof amount === 'number') return amount * THOUSAND;
  const [units = '', fraction = ''] = amount.split('.');
  return Number(units) * THOUSAND + Number(fraction.padEnd(DECIMALS, '0'));
}

/** A quantity in its one spelling: a number when it is whole, else decimal text without needless zeros. */
export function plainQuantity(amount: Quantity): Quantity {
  if (typeof amount === 'number') return amount;
  const thousandths = thousandthsOf(amount);
  const rest = thousandths % THOUSAND;
  const units = (thousandths - rest) / THOUSAND;
  return rest === 0 ? units : `${units}.${String(rest).padStart(DECIMALS, '0').replace(/0+$/, '')}`;
}

/** A unit price as decimal text in whole units of its currency; a text stays as it was written. */
export function unitPriceText(price: UnitPrice, currency: string): string {
  if (typeof price === 'string') return price;
  const exponent = currencyExponent(currency);
  if (exponent === 0) return String(price);
  const digits = String(price).padStart(exponent + 1, '0');
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
