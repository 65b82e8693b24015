import { isMap, isScalar, isSeq, type Node, parseDocument, visit } from 'yaml';
import { fieldMessages, inSpanish } from '@trebol/contracts';
import { EXPIRY_MINIMUM_DAYS_MAX } from '@trebol/points';
import { z } from 'zod';
import type { Sentence } from '../reasons.ts';
import type { RuleSet } from '../rule-set.ts';

/** Longest rule file, in characters: a chain's whole rule set is a few kilobytes; this bounds what a parser is given. */
export const RULE_FILE_CHARS_MAX = 262_144;
/** Most rules of a version; each costs a lot per ticket at worst, and a wallet's lots are limited too. */
export const RULES_MAX = 50;
/** Most points for one `per`. With the largest ticket and the most rules, points stay exact integers. */
const RATIO_POINTS_MAX = 1_000;

const name = z.string().min(1).max(60).regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'Must be letters, digits, "_", "." and "-"');
const knownZone = z.string().refine(isZone, 'Must be an IANA zone such as Europe/Madrid');

/** Months that points may live: ten years; beyond it `never` is meant. */
const months = z.int().min(1).max(120);
const dayOfYear = z.string().regex(
  /^(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|[12]\d))$/, 'Must be a day of the year as MM-DD',
);
/** Days of the year on which points may lapse: one a month is the most anybody could remember. */
const EXPIRY_DATES_MAX = 12;
const expiry = z.union([
  z.strictObject({ months }), z.strictObject({ endOfMonth: months }), z.strictObject({ inactivity: months }),
  z.strictObject({
    dates: z.array(dayOfYear).min(1).max(EXPIRY_DATES_MAX), minimumDays: z.int().min(0).max(EXPIRY_MINIMUM_DAYS_MAX),
  }),
  z.literal('never'),
]);

/** A rule set as a file says it. */
export const ruleSet = z.strictObject({
  programme: z.strictObject({
    id: name,
    pointType: name,
    zone: knownZone,
    returnWindowDays: z.int().min(1).max(3_650),
    latenessDays: z.int().min(1).max(3_650),
    reversalPolicy: z.enum(['onlyPending', 'withinBalance', 'unlimited']),
    pointValue: z.strictObject({ points: z.int().min(1).max(1_000_000), amount: z.int().min(1).max(1_000_000) }),
  }),
  rules: z.array(z.strictObject({
    id: name,
    names: z.strictObject({ es: z.string().min(1).max(120), en: z.string().min(1).max(120) }),
    effect: z.strictObject({
      perAmount: z.strictObject({ points: z.int().min(1).max(RATIO_POINTS_MAX), per: z.int().min(1).max(1_000_000_000) }),
    }),
    lots: z.strictObject({
      available: z.literal('immediately'),
      expiry,
      pointType: name.optional(),
    }),
  })).min(1).max(RULES_MAX),
}).superRefine(({ programme, rules }, context) => {
  const seen = new Set<string>();
  const typeOf = (rule: (typeof rules)[number]): string => rule.lots.pointType ?? programme.pointType;
  for (const [index, rule] of rules.entries()) {
    if (seen.has(rule.id)) context.addIssue(issueOf(['rules', index, 'id'], usedTwice(rule.id)));
    seen.add(rule.id);
    if (slidingMonths(rule) !== slidingMonths(rules.find((first) => typeOf(first) === typeOf(rule)))) {
      context.addIssue(issueOf(['rules', index, 'lots', 'expiry'], MIXED_INACTIVITY));
    }
  }
});

/** A purchase moves the last day of a whole wallet, so it cannot hold for some of the rules that give its points. */
const MIXED_INACTIVITY: Sentence = {
  en: 'inactivity must be the same for all rules that give the same type of points',
  es: 'la caducidad por inactividad (inactivity) tiene que ser la misma en todas las reglas que dan el mismo tipo de puntos',
};
const usedTwice = (id: string): Sentence => ({ en: `"${id}" is used twice`, es: `"${id}" se usa dos veces` });

const slidingMonths = (rule: { lots: { expiry: z.output<typeof expiry> } } | undefined): number | undefined => {
  const of = rule?.lots.expiry;
  return typeof of === 'object' && 'inactivity' in of ? of.inactivity : undefined;
};

/** What is wrong with a rule file: where (JSON pointer, and line where the text has one) and what. */
export interface RuleFileError {
  readonly pointer: string;
  readonly message: Sentence;
}

export type ParsedRuleFile =
  | { readonly status: 'valid'; readonly ruleSet: RuleSet }
  | { readonly status: 'invalid'; readonly errors: readonly RuleFileError[] };

/** Reads a rule file (YAML, or JSON, which is YAML too). Unknown fields are refused; every error says where it is. */
export function parseRuleFile(text: string): ParsedRuleFile {
  if (text.length > RULE_FILE_CHARS_MAX) {
    return { status: 'invalid', errors: [{ pointer: '', message: TOO_LONG }] };
  }
  const document = parseDocument(text, { strict: true, uniqueKeys: true, version: '1.2' });
  if (document.errors.length > 0) {
    const errors = document.errors.map(({ message }) => ({ pointer: '', message: { en: message, es: `YAML incorrecto: ${message}` } }));
    return { status: 'invalid', errors };
  }
  if (hasAlias(document)) return { status: 'invalid', errors: [{ pointer: '', message: NO_ALIASES }] };
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  const parsed = ruleSet.safeParse(value, { error: fieldMessages.en });
  if (parsed.success) return { status: 'valid', ruleSet: parsed.data };
  const spanish = ruleSet.safeParse(value, { error: fieldMessages.es }).error?.issues ?? [];
  const lineOf = lineFinder(text, document.contents);
  return {
    status: 'invalid',
    errors: parsed.error.issues.map((issue, index) => {
      const line = lineOf(issue.path);
      const [es, en] = [spanishOf(spanish[index] ?? issue), issue.message];
      const message = line === undefined ? { es, en } : { es: `línea ${line}: ${es}`, en: `line ${line}: ${en}` };
      return { pointer: pointerOf(issue.path), message };
    }),
  };
}

const TOO_LONG: Sentence = {
  es: `tiene más de ${RULE_FILE_CHARS_MAX} caracteres`, en: `longer than ${RULE_FILE_CHARS_MAX} characters`,
};
const NO_ALIASES: Sentence = { es: 'no se admiten alias (*nombre)', en: 'aliases (*name) are not allowed' };

/** An objection of ours, in both languages. */
const issueOf = (path: PropertyKey[], { en, es }: Sentence) => ({ code: 'custom', path, message: en, params: { es } }) as const;

const spanishOf = (issue: z.core.$ZodIssue): string =>
  (issue.code === 'custom' && typeof issue.params?.['es'] === 'string' ? issue.params['es'] : inSpanish(issue.message));

/** Aliases are refused: nothing a chain writes needs them, and they let a small file stand for a huge one. */
function hasAlias(document: ReturnType<typeof parseDocument>): boolean {
  let found = false;
  visit(document, { Alias: () => { found = true; } });
  return found;
}

const pointerOf = (path: readonly PropertyKey[]): string => path.map((part) => `/${String(part)}`).join('');

/** Line (from 1) of the deepest node there is on a path. */
function lineFinder(text: string, root: Node | null): (path: readonly PropertyKey[]) => number | undefined {
  return (path) => {
    let node: unknown = root;
    let offset = startOf(root);
    for (const part of path) {
      node = childOf(node, part);
      const start = startOf(node);
      if (start === undefined) break;
      offset = start;
    }
    return offset === undefined ? undefined : text.slice(0, offset).split('\n').length;
  };
}

const startOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0];

function childOf(node: unknown, part: PropertyKey): unknown {
  if (isMap(node)) return node.items.find((pair) => isScalar(pair.key) && pair.key.value === part)?.value;
  return isSeq(node) && typeof part === 'number' ? node.items[part] : undefined;
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
