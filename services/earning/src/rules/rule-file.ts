import { isMap, isScalar, isSeq, type Node, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import type { RuleSet } from '../rule-set.ts';

/** Longest rule file, in characters: a chain's whole rule set is a few kilobytes; this bounds what a parser is given. */
export const RULE_FILE_CHARS_MAX = 262_144;
/** Most rules of a version; each costs a lot per ticket at worst, and a wallet's lots are limited too. */
export const RULES_MAX = 50;
/** Most points for one `per`. With the largest ticket and the most rules, points stay exact integers. */
const RATIO_POINTS_MAX = 1_000;

const name = z.string().min(1).max(60).regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'letters, digits, "_", "." and "-"');
const knownZone = z.string().refine(isZone, 'an IANA zone such as Europe/Madrid');

const schema = z.strictObject({
  programme: z.strictObject({
    id: name,
    pointType: name,
    zone: knownZone,
    returnWindowDays: z.int().min(1).max(3_650),
    latenessDays: z.int().min(1).max(3_650),
    reversalPolicy: z.literal('unlimited'),
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
      expiry: z.strictObject({ months: z.int().min(1).max(120) }),
    }),
  })).min(1).max(RULES_MAX),
}).superRefine(({ rules }, context) => {
  const seen = new Set<string>();
  for (const [index, rule] of rules.entries()) {
    if (seen.has(rule.id)) context.addIssue({ code: 'custom', path: ['rules', index, 'id'], message: `"${rule.id}" is used twice` });
    seen.add(rule.id);
  }
});

/** What is wrong with a rule file: where (JSON pointer, and line where the text has one) and what. */
export interface RuleFileError {
  readonly pointer: string;
  readonly message: string;
}

export type ParsedRuleFile =
  | { readonly status: 'valid'; readonly ruleSet: RuleSet }
  | { readonly status: 'invalid'; readonly errors: readonly RuleFileError[] };

/** Reads a rule file (YAML, or JSON, which is YAML too). Unknown fields are refused; every error says where it is. */
export function parseRuleFile(text: string): ParsedRuleFile {
  if (text.length > RULE_FILE_CHARS_MAX) {
    return { status: 'invalid', errors: [{ pointer: '', message: `longer than ${RULE_FILE_CHARS_MAX} characters` }] };
  }
  const document = parseDocument(text, { strict: true, uniqueKeys: true, version: '1.2' });
  if (document.errors.length > 0) {
    return { status: 'invalid', errors: document.errors.map((error) => ({ pointer: '', message: error.message })) };
  }
  if (hasAlias(document)) return { status: 'invalid', errors: [{ pointer: '', message: 'aliases (*name) are not allowed' }] };
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return { status: 'valid', ruleSet: parsed.data };
  const lineOf = lineFinder(text, document.contents);
  return {
    status: 'invalid',
    errors: parsed.error.issues.map((issue) => {
      const line = lineOf(issue.path);
      return { pointer: pointerOf(issue.path), message: line === undefined ? issue.message : `line ${line}: ${issue.message}` };
    }),
  };
}

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
