import { z } from 'zod';
import { day } from './primitives.ts';

/**
 * Why points were given, taken or not given: one structure, rendered in es and en wherever a person reads it (`earning.md` §4).
 * All numbers are integers; amounts are minor units.
 */
export const explanationStep = z.discriminatedUnion('kind', [
  /** points = floor(eligible × numerator ÷ denominator) */
  z.strictObject({
    kind: z.literal('perAmount'), rule: z.string(), version: z.int(), currency: z.string(), eligible: z.int(),
    points: z.int(), per: z.int(), granted: z.int(), validThrough: day.nullable(),
  }),
  /** What a return takes back: entitlement before and after, cumulative over all returns of the ticket. */
  z.strictObject({
    kind: z.literal('returned'), rule: z.string(), version: z.int(), currency: z.string(), remaining: z.int(),
    entitledBefore: z.int(), entitledAfter: z.int(), reversed: z.int(),
  }),
  /** A rule that gave nothing, and its first failing condition. */
  z.strictObject({ kind: z.literal('notApplied'), rule: z.string(), version: z.int(), reason: z.string() }),
]);
export type ExplanationStep = z.infer<typeof explanationStep>;

export const explanation = z.array(explanationStep).max(200);
export type Explanation = z.infer<typeof explanation>;

/** The languages a person may read. */
export type Language = 'es' | 'en';

const formats = new Map<string, Intl.NumberFormat>();

/** Minor units as money; how many decimals a currency has is the currency's own affair (JPY has none). */
function money(minor: number, currency: string, language: Language): string {
  const name = `${language} ${currency}`;
  const format = formats.get(name) ?? new Intl.NumberFormat(language === 'es' ? 'es-ES' : 'en-GB', { style: 'currency', currency });
  formats.set(name, format);
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** One sentence for a step, in the reader's language. */
export function renderStep(step: ExplanationStep, language: Language): string {
  const es = language === 'es';
  switch (step.kind) {
    case 'perAmount': {
      const through = step.validThrough === null ? '' : es ? `, válidos hasta el ${step.validThrough}` : `, valid through ${step.validThrough}`;
      const basis = money(step.eligible, step.currency, language);
      const unit = money(step.per, step.currency, language);
      return es
        ? `${step.rule} v${step.version}: ${basis} × ${step.points} punto(s) por ${unit} → ${step.granted} puntos${through}`
        : `${step.rule} v${step.version}: ${basis} × ${step.points} point(s) per ${unit} → ${step.granted} points${through}`;
    }
    case 'returned': {
      const left = money(step.remaining, step.currency, language);
      return es
        ? `${step.rule} v${step.version}: quedan ${left}; correspondían ${step.entitledBefore}, corresponden ${step.entitledAfter} → se anulan ${step.reversed}`
        : `${step.rule} v${step.version}: ${left} remain; entitled to ${step.entitledBefore} before, ${step.entitledAfter} now → ${step.reversed} reversed`;
    }
    case 'notApplied':
      return es ? `${step.rule} v${step.version}: no se aplicó (${step.reason})` : `${step.rule} v${step.version}: not applied (${step.reason})`;
  }
}
