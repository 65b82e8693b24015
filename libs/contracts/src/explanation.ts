import { z } from 'zod';
import { currencyExponent } from './currency-exponent.ts';
import { day } from './primitives.ts';

/** What a step's points are of; absent: the programme's currency. */
const pointType = z.string().optional();

/**
 * Why points were given, taken or not given: one structure, rendered in es and en wherever a person reads it (`earning.md` §4).
 * All numbers are integers; amounts are minor units.
 */
export const explanationStep = z.discriminatedUnion('kind', [
  /** points = floor(eligible × numerator ÷ denominator) */
  z.strictObject({
    kind: z.literal('perAmount'), rule: z.string(), version: z.int(), currency: z.string(), eligible: z.int(),
    points: z.int(), per: z.int(), granted: z.int(), validThrough: day.nullable(), pointType,
  }),
  /** What a return takes back: entitlement before and after, cumulative over all returns of the ticket. */
  z.strictObject({
    kind: z.literal('returned'), rule: z.string(), version: z.int(), currency: z.string(), remaining: z.int(),
    entitledBefore: z.int(), entitledAfter: z.int(), reversed: z.int(), pointType,
  }),
  /** A rule that gave nothing, and its first failing condition. */
  z.strictObject({ kind: z.literal('notApplied'), rule: z.string(), version: z.int(), reason: z.string() }),
  /**
   * Why a ticket as a whole has given or taken nothing (so far). `day`: its business day; `days`: how late a ticket may be, or for how
   * long it is kept; `original`: key of the ticket it waits for.
   */
  z.strictObject({
    kind: z.literal('notGiven'),
    reason: z.enum(['noIdentification', 'unknownIdentifier', 'saleWithoutMember', 'tooOld', 'awaitingOriginal', 'originalNotNamed']),
    day: day.optional(), days: z.int().optional(), original: z.string().optional(),
  }),
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
  const digits = currencyExponent(currency);
  const format = formats.get(name) ?? new Intl.NumberFormat(language === 'es' ? 'es-ES' : 'en-GB', {
    style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
  });
  formats.set(name, format);
  return format.format(minor / 10 ** digits);
}

type NotGiven = Extract<ExplanationStep, { kind: 'notGiven' }>;

/** Why nothing was given, in one sentence of each language. */
function whyNotGiven({ reason, day: businessDay = '?', days, original = '?' }: NotGiven): Readonly<Record<Language, string>> {
  switch (reason) {
    case 'noIdentification': return {
      es: `No se dio ningún punto: el tique no lleva identificación de socio. Se puede reclamar durante ${days} días.`,
      en: `No points were given: the ticket carries no identification of a member. It can be claimed for ${days} days.`,
    };
    case 'unknownIdentifier': return {
      es: 'Aún no se dio ningún punto: aquí todavía no consta ningún socio activo con esta identificación. El tique se guarda y se calcula '
        + `por sí solo en cuanto se registre la tarjeta, si es en ${days} días.`,
      en: 'No points were given yet: no active member with this identification is known here so far. The ticket is kept and rated by itself '
        + `as soon as the card is registered, if that is within ${days} days.`,
    };
    case 'saleWithoutMember': return {
      es: `No se anuló ningún punto: la compra ${original} no tiene socio y no dio puntos.`,
      en: `No points were taken back: the purchase ${original} has no member and gave none.`,
    };
    case 'tooOld': return days === undefined ? {
      es: `No se dio ningún punto: el tique del ${businessDay} llegó fuera de plazo.`,
      en: `No points were given: the ticket of ${businessDay} came too late.`,
    } : {
      es: `No se dio ningún punto: el tique del ${businessDay} llegó más de ${days} días después.`,
      en: `No points were given: the ticket of ${businessDay} came more than ${days} days later.`,
    };
    case 'awaitingOriginal': return {
      es: `Aún no se anuló ningún punto: falta el tique original ${original}; cuando llegue, se calculará por sí solo.`,
      en: `No points were taken back yet: the original ticket ${original} is not here; when it comes, this one is rated by itself.`,
    };
    case 'originalNotNamed': return {
      es: 'No se anuló ningún punto: la devolución no dice de qué tique es.',
      en: 'No points were taken back: the return does not say which ticket it belongs to.',
    };
    default: {
      const never: never = reason;
      return never;
    }
  }
}

/** The type is a name that the chain chose: the same in every language. */
const typeIn = (type: string | undefined): string => (type === undefined ? '' : ` "${type}"`);

/** One sentence for a step, in the reader's language. */
export function renderStep(step: ExplanationStep, language: Language): string {
  const es = language === 'es';
  switch (step.kind) {
    case 'perAmount': {
      const through = step.validThrough === null ? '' : es ? `, válidos hasta el ${step.validThrough}` : `, valid through ${step.validThrough}`;
      const basis = money(step.eligible, step.currency, language);
      const unit = money(step.per, step.currency, language);
      const ofType = typeIn(step.pointType);
      return es
        ? `${step.rule} v${step.version}: ${basis} × ${step.points} punto(s) por ${unit} → ${step.granted} puntos${ofType}${through}`
        : `${step.rule} v${step.version}: ${basis} × ${step.points} point(s) per ${unit} → ${step.granted} points${ofType}${through}`;
    }
    case 'returned': {
      const left = money(step.remaining, step.currency, language);
      return es
        ? `${step.rule} v${step.version}: quedan ${left}; correspondían ${step.entitledBefore}, corresponden ${step.entitledAfter} → se anulan ${step.reversed}${typeIn(step.pointType)}`
        : `${step.rule} v${step.version}: ${left} remain; entitled to ${step.entitledBefore} before, ${step.entitledAfter} now → ${step.reversed}${typeIn(step.pointType)} reversed`;
    }
    case 'notApplied':
      return es ? `${step.rule} v${step.version}: no se aplicó (${step.reason})` : `${step.rule} v${step.version}: not applied (${step.reason})`;
    case 'notGiven':
      return whyNotGiven(step)[language];
  }
}
