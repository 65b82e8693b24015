import { createHash } from 'node:crypto';

/** GS1 keeps 20–29 for numbers that a shop gives inside its own walls, so no product and no other chain's card begins so. */
export const CARD_PREFIX_DEFAULT = '29';
/** Digits of an EAN-13 before its check digit. */
const CARD_BODY_DIGITS = 12;
/** More would leave fewer than 10^8 numbers, and guessing one would pay. */
const CARD_PREFIX_DIGITS_MAX = 4;

/** Check digit of an EAN-13: weights 1 and 3 in turn from the left, up to the next ten (GS1 General Specifications §7.9). */
export function checkDigit(body: string): string {
  let sum = 0;
  for (let index = 0; index < body.length; index += 1) sum += Number(body.charAt(index)) * (index % 2 === 0 ? 1 : 3);
  return String((10 - (sum % 10)) % 10);
}

/**
 * Number of a new card: prefix, digits drawn from the seed by SHA-256, check digit. A scanner of any till reads it as an EAN-13.
 * The digits are not a running number, so knowing one card tells nothing of another. The same seed gives the same number.
 */
export function issueCardNumber(prefix: string, seed: string): string {
  const digits = CARD_BODY_DIGITS - prefix.length;
  const drawn = createHash('sha256').update(`card\n${seed}`).digest().readBigUInt64BE(0) % 10n ** BigInt(digits);
  const body = prefix + drawn.toString().padStart(digits, '0');
  return body + checkDigit(body);
}

/** True for a number that has the shape of a card of ours but a wrong check digit: a typing error, not a card of another scheme. */
export function isMistypedCard(prefix: string, value: string): boolean {
  const ours = value.startsWith(prefix) && /^\d{13}$/.test(value);
  return ours && checkDigit(value.slice(0, CARD_BODY_DIGITS)) !== value.slice(CARD_BODY_DIGITS);
}

/** Throws a RangeError for a prefix that is not 1 to 4 digits. */
export function checkCardPrefix(prefix: string): string {
  if (!/^\d+$/.test(prefix) || prefix.length > CARD_PREFIX_DIGITS_MAX) throw new RangeError('the card prefix must be 1 to 4 digits');
  return prefix;
}
