import { z } from 'zod';
import type { SegmentMap } from '../run-record.ts';

/** Scores of every axis. */
const SCORES = [1, 2, 3, 4, 5] as const;
/** Customers can be told apart by this many groups at most before nobody reads the list. */
const GROUPS_MAX = 40;

const id = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/, 'Must be a letter, then letters, digits and "-", at most 40');
const name = z.string().min(1).max(60);

const schema = z.strictObject({
  id,
  version: z.int().min(1),
  axes: z.array(z.enum(['r', 'f', 'm'])).min(1).max(3),
  groups: z.array(z.strictObject({ id, name: z.strictObject({ es: name, en: name }) })).min(1).max(GROUPS_MAX),
  rules: z.array(z.strictObject({ group: id, cells: z.array(z.string().max(20)).max(125) })).min(1).max(200),
});

/** A map that would put a customer in no group, in two, or that has a part nobody can reach. */
export class SegmentMapRefused extends Error {
  readonly reasons: readonly string[];
  constructor(mapId: string, reasons: readonly string[]) {
    super(`map ${mapId} refused: ${reasons.join('; ')}`);
    this.name = 'SegmentMapRefused';
    this.reasons = reasons;
  }
}

/**
 * Checks a map before it may be used: every cell in exactly one group, every rule and every group reachable.
 * Throws SegmentMapRefused with all reasons.
 */
export function checkedMap(value: unknown): SegmentMap {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new SegmentMapRefused('(unreadable)', parsed.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`));
  }
  const map = parsed.data;
  const reasons = [...repeated('axis', map.axes), ...repeated('group', map.groups.map((group) => group.id)), ...cellFaults(map)];
  if (reasons.length > 0) throw new SegmentMapRefused(map.id, reasons);
  return map;
}

/** Group of each cell, keyed by the scores one after the other (`"53"`), for a checked map. */
export function cellsOf(map: SegmentMap): ReadonlyMap<string, string> {
  return new Map(map.rules.flatMap(({ cells, group }) =>
    cells.flatMap((pattern) => expand(pattern, map.axes.length).map((cell) => [cell, group] as const))));
}

function cellFaults(map: SegmentMap): string[] {
  const reasons: string[] = [];
  const owner = new Map<string, string>();
  const known = new Set(map.groups.map((group) => group.id));
  map.rules.forEach((rule, index) => {
    if (!known.has(rule.group)) reasons.push(`rule ${index} names the unknown group ${rule.group}`);
    let reached = 0;
    for (const pattern of rule.cells) {
      const cells = expand(pattern, map.axes.length);
      if (cells.length === 0) reasons.push(`rule ${index}: "${pattern}" is no cell of ${map.axes.length} axes`);
      for (const cell of cells) {
        const earlier = owner.get(cell);
        if (earlier === undefined) reached += 1;
        else reasons.push(`cell ${cell} is claimed by ${earlier} and ${rule.group}`);
        owner.set(cell, earlier ?? rule.group);
      }
    }
    if (reached === 0) reasons.push(`rule ${index} (${rule.group}) is unreachable`);
  });
  const used = new Set(map.rules.map((rule) => rule.group));
  for (const group of known) if (!used.has(group)) reasons.push(`group ${group} has no rule`);
  for (const cell of cube(map.axes.length)) if (!owner.has(cell)) reasons.push(`cell ${cell} belongs to no group`);
  return reasons;
}

const cube = (axes: number): readonly string[] =>
  axes === 0 ? [''] : cube(axes - 1).flatMap((head) => SCORES.map((score) => `${head}${score}`));

/** Cells of a pattern; none when it is not one pattern part per axis or a range runs backwards. */
function expand(pattern: string, axes: number): readonly string[] {
  const parts = pattern.match(/\[[1-5]-[1-5]\]|[1-5]/g) ?? [];
  if (parts.length !== axes || parts.join('') !== pattern) return [];
  return parts.reduce<readonly string[]>((heads, part) => {
    const [low, high] = part.length === 1 ? [part, part] : [part.charAt(1), part.charAt(3)];
    const scores = SCORES.filter((score) => score >= Number(low) && score <= Number(high));
    return heads.flatMap((head) => scores.map((score) => `${head}${score}`));
  }, ['']);
}

function repeated(what: string, names: readonly string[]): string[] {
  return [...new Set(names.filter((each, index) => names.indexOf(each) !== index))].map((each) => `${what} ${each} is named twice`);
}
