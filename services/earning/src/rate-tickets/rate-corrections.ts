import type { ExplanationStep } from '@trebol/contracts';
import type { CorrectionDecision, CorrectionFacts, RatedSale, ReversedLot } from '../decision.ts';
import type { CorrectionFaultCode } from '../reasons.ts';
import { otherTypeOf } from '../rule-set.ts';
import { eligibleRemaining, entitledTo, ratioIn } from './entitlement.ts';

/** What has gone back so far. Voids are kept apart: returns of a voided sale are still true, they just take nothing more. */
interface Gone {
  readonly byLine: Map<number, number>;
  voided: boolean;
}

/**
 * Decides the waiting corrections of one sale, in order of when they happened (then key). Each takes the entitlement before it
 * minus the entitlement of what remains after it, under the recorded rule version, cumulative over all corrections of the sale
 * (G5): never a floor per return. Rejected, with a pointer: another currency than the sale's, a line the sale does not have, more of it
 * than was bought.
 */
export function rateCorrections(
  sale: RatedSale, settled: readonly CorrectionFacts[], waiting: readonly CorrectionFacts[],
): readonly CorrectionDecision[] {
  const gone: Gone = { byLine: new Map(), voided: false };
  for (const correction of settled) take(gone, correction);
  return [...waiting].sort(byOccurrence).map((correction) => {
    const fault = faultOf(sale, gone, correction);
    if (fault) return { key: correction.key, status: 'rejected', ...fault };
    const before = worth(sale, gone);
    take(gone, correction);
    return reversal(sale, correction.key, { before, after: worth(sale, gone) });
  });
}

interface Worth {
  readonly remaining: number;
  /** Points by rule, in the order of the version's rules. */
  readonly points: readonly number[];
}

function worth(sale: RatedSale, gone: Gone): Worth {
  if (gone.voided) return { remaining: 0, points: sale.rules.rules.map(() => 0) };
  const { remaining, eligible } = eligibleRemaining(sale, gone.byLine);
  return { remaining, points: sale.rules.rules.map((rule) => entitledTo(ratioIn(rule, sale.currency), eligible)) };
}

function take(gone: Gone, correction: CorrectionFacts): void {
  if (correction.type === 'void') {
    gone.voided = true;
    return;
  }
  for (const { originalLine, quantity } of correction.lines) {
    if (originalLine !== undefined) gone.byLine.set(originalLine, (gone.byLine.get(originalLine) ?? 0) + quantity);
  }
}

interface Fault { readonly pointer: string; readonly reason: CorrectionFaultCode }

function faultOf(sale: RatedSale, gone: Gone, correction: CorrectionFacts): Fault | undefined {
  if (correction.currency !== sale.currency) return { pointer: '/currency', reason: 'currencyNotOfOriginal' };
  if (correction.type === 'void') return undefined;
  const bought = new Map(sale.lines.map((line) => [line.line, line.quantity]));
  const goneThen = new Map(gone.byLine);
  for (const [index, { originalLine, quantity }] of correction.lines.entries()) {
    const available = originalLine === undefined ? undefined : bought.get(originalLine);
    if (originalLine === undefined || available === undefined) {
      return { pointer: `/lines/${index}/originalLine`, reason: 'unknownOriginalLine' };
    }
    const after = (goneThen.get(originalLine) ?? 0) + quantity;
    if (after > available) return { pointer: `/lines/${index}/quantity`, reason: 'returnedMoreThanBought' };
    goneThen.set(originalLine, after);
  }
  return undefined;
}

function reversal(sale: RatedSale, key: string, { before, after }: { before: Worth; after: Worth }): CorrectionDecision {
  const explanation: ExplanationStep[] = [];
  const lots: ReversedLot[] = [];
  let points = 0;
  for (const [index, rule] of sale.rules.rules.entries()) {
    const entitledBefore = before.points[index] ?? 0;
    const entitledAfter = after.points[index] ?? 0;
    const reversed = entitledBefore - entitledAfter;
    explanation.push({
      kind: 'returned', rule: rule.id, version: sale.rules.version, currency: sale.currency, remaining: after.remaining,
      entitledBefore, entitledAfter, reversed, ...typeOf(otherTypeOf(rule, sale.rules)),
    });
    const lot = sale.lots.find((candidate) => candidate.rule === rule.id);
    if (reversed === 0 || !lot) continue;
    if (lot.pointType === undefined) points += reversed;
    lots.push({ lotId: lot.lotId, points: reversed, ...typeOf(lot.pointType) });
  }
  return { key, status: 'reversed', points, lots, explanation };
}

const typeOf = (pointType: string | undefined): { readonly pointType?: string } => (pointType === undefined ? {} : { pointType });

const byOccurrence = (left: CorrectionFacts, right: CorrectionFacts): number =>
  left.occurredAt - right.occurredAt || (left.key < right.key ? -1 : 1);
