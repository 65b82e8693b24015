import { currencyExponent } from '@trebol/contracts';
import type { Basket, SoldLine } from '../decision.ts';
import type { EarningRule } from '../rule-set.ts';

/** value × part ÷ whole, rounded down, exact for all safe integers that are not negative; 0 when `whole` is 0. */
export function shareOf(value: number, part: number, whole: number): number {
  if (whole === 0) return 0;
  const product = value * part;
  if (Number.isSafeInteger(product)) return Math.floor(product / whole);
  return Number(BigInt(value) * BigInt(part) / BigInt(whole));
}

/** Sum of the lines, in minor units. */
export function totalOf(lines: readonly { readonly amount: number }[]): number {
  let total = 0;
  for (const line of lines) total += line.amount;
  return total;
}

/**
 * What earns: the total without what was paid with points or gift cards (those points were earned when the money came in); never
 * negative.
 */
export function eligibleOf(basket: Basket): number {
  let eligible = totalOf(basket.lines);
  for (const tender of basket.tenders ?? []) {
    if (tender.kind === 'points' || tender.kind === 'giftCard') eligible -= tender.amount;
  }
  return Math.max(0, eligible);
}

/**
 * What of the basket earns when these quantities have gone back (by line number, in thousandths; absent: none). A line that partly went back
 * keeps its share of the amount, and the part paid with points or gift cards shrinks with the total (`ledger.md` §4.10). It depends
 * only on the quantities gone in all, so any split of the same return ends at the same figure (G5).
 */
export function eligibleRemaining(
  basket: Basket & { readonly lines: readonly SoldLine[] }, goneByLine: ReadonlyMap<number, number>,
): { readonly remaining: number; readonly eligible: number } {
  const total = totalOf(basket.lines);
  let remaining = 0;
  for (const { line, quantity, amount } of basket.lines) {
    remaining += shareOf(amount, quantity - (goneByLine.get(line) ?? 0), quantity);
  }
  return { remaining, eligible: shareOf(eligibleOf(basket), remaining, total) };
}

/** A ratio of a rule in minor units of a currency: so many points for each `per`. */
export interface Ratio { readonly points: number; readonly per: number }

/** Decimals that `per` of a rule is written in, whatever the currency: 100 is one whole unit. */
const RULE_DECIMALS = 2;

/**
 * What a rule gives in a currency. Rules are written in hundredths of a whole unit, so that one rule holds for all currencies: 1 point
 * per 100 is 1 point for each euro, for each yen (no minor unit) and for each dinar of 1,000 fils. Exact: where hundredths of a unit
 * do not exist, both sides grow (1 per 150 in JPY is 2 points per 3 yen).
 */
export function ratioIn(rule: EarningRule, currency: string): Ratio {
  const { points, per } = rule.effect.perAmount;
  const exponent = currencyExponent(currency);
  if (exponent >= RULE_DECIMALS) return { points, per: per * 10 ** (exponent - RULE_DECIMALS) };
  const scale = 10 ** (RULE_DECIMALS - exponent);
  const common = greatestCommon(scale, per);
  return { points: points * (scale / common), per: per / common };
}

const greatestCommon = (left: number, right: number): number => (right === 0 ? left : greatestCommon(right, left % right));

/** Points for an eligible amount: floor(eligible × points ÷ per), over the whole ticket. */
export const entitledTo = ({ points, per }: Ratio, eligible: number): number => shareOf(eligible, points, per);
