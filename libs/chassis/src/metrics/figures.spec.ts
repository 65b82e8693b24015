import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type Figure, figures } from './figures.ts';

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

/** Labels that Prometheus adds itself. */
const FROM_PROMETHEUS = ['le', 'job', 'instance'];

const declared = new Map<string, Figure>(Object.entries(figures));

/** Names an expression may use of a figure, as Prometheus stores it. */
const seriesOf = ([name, figure]: [string, Figure]): string[] =>
  (figure.kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name]);
const figureOf = new Map([...declared].flatMap((entry) => seriesOf(entry).map((series) => [series, entry[1]] as const)));

interface Objection {
  readonly expression: string;
  readonly unknown: readonly string[];
}

/** Series and labels of a PromQL expression that no figure in it has. */
function objections(expressions: readonly string[]): Objection[] {
  return expressions.flatMap((expression) => {
    const withoutTexts = expression.replaceAll(/"[^"]*"/g, '""');
    const series = withoutTexts.match(/\b(?:trebol|process|nodejs)_\w+/g) ?? [];
    const labels = [...withoutTexts.matchAll(/(?:by|on|group_left) \(([^)]*)\)|\{([^}]*)\}/g)].flatMap(([, listed, matched]) =>
      (listed ?? matched ?? '').split(',').map((part) => part.trim().replace(/[=!~].*$/, '')).filter((name) => name !== ''));
    const known = new Set([...FROM_PROMETHEUS, ...series.flatMap((name) => figureOf.get(name)?.labels ?? [])]);
    const unknown = [...series.filter((name) => !figureOf.has(name)), ...labels.filter((label) => !known.has(label))];
    return unknown.length === 0 ? [] : [{ expression, unknown }];
  });
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

describe('figures', () => {
  it('given their names, then each ends as its kind and unit demand', () => {
    const ends: Record<string, RegExp> = { s: /_seconds(_total)?$/, By: /_bytes$/, '{point}': /_points|_points_\w+_total$/ };
    for (const [name, { kind, unit, help, buckets }] of declared) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect({ name, counts: name.endsWith('_total') }).toEqual({ name, counts: kind === 'counter' });
      if (unit in ends) expect(name).toMatch(ends[unit]!);
      expect(help).not.toBe('');
      if (kind === 'histogram') expect(buckets).toEqual([...new Set(buckets)].toSorted((left, right) => left - right));
    }
  });

  it('given the README, then it lists every figure with its kind, labels and words, and no other', () => {
    const rows = read('libs/chassis/README.md').split('\n').filter((line) => /^\| `(trebol|process|nodejs)_/.test(line));
    expect(rows.toSorted()).toEqual([...declared].map(([name, { kind, labels, help }]) =>
      `| \`${name}\` | ${kind} | ${labels.join(', ') || '–'} | ${help} |`).toSorted());
  });
});

describe('dashboard', () => {
  const dashboard = JSON.parse(read('deploy/dashboards/trebol.json')) as { panels: readonly Panel[] };

  it('given its expressions, then each names figures and labels that are declared', () => {
    const expressions = dashboard.panels.flatMap((panel) => (panel.targets ?? []).map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(30);
    expect(objections(expressions)).toEqual([]);
  });

  it('given its panels, then ids are unique and none covers another', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}:${y + Math.floor(cell / w)}`));
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(dashboard.panels.map((panel) => panel.id)).size).toBe(dashboard.panels.length);
  });

  it('given every figure that is declared, then the dashboard shows it', () => {
    const shown = JSON.stringify(dashboard.panels);
    expect([...declared.keys()].filter((name) => !shown.includes(name))).toEqual([]);
  });
});

describe('alerts', () => {
  const rules = read('deploy/alerts/trebol.yaml').split('- alert: ').slice(1);

  it('given their expressions, then each names figures and labels that are declared', () => {
    const expressions = rules.map((rule) => /\n\s+expr: (.+)\n/.exec(rule)?.[1] ?? '');
    expect(expressions).not.toContain('');
    expect(objections(expressions)).toEqual([]);
  });

  it('given each rule, then it says how bad it is, what is the matter and what to do', () => {
    for (const rule of rules) {
      expect(rule).toMatch(/labels: \{ severity: (critical|warning) \}/);
      expect(rule).toMatch(/\n\s+summary: .+\n\s+description: .{20,}/);
    }
  });

  it('given the words of an alert, then the labels in them are those its expression keeps', () => {
    for (const rule of rules) {
      const used = [...rule.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label ?? '');
      const expression = /\n\s+expr: (.+)\n/.exec(rule)?.[1] ?? '';
      const kept = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, listed]) => (listed ?? '').split(', '));
      expect(used.filter((label) => !kept.includes(label) && !FROM_PROMETHEUS.includes(label))).toEqual([]);
    }
  });
});

describe('the comparison itself', () => {
  it('given a figure nobody declared, or a label a figure has not, then it objects', () => {
    expect(objections(['rate(trebol_made_up_total[5m])', 'sum by (tenant) (trebol_tickets_total)', 'trebol_tickets_total{member="x"}'])
      .map(({ unknown }) => unknown)).toEqual([['trebol_made_up_total'], ['tenant'], ['member']]);
    expect(objections(['trebol_bus_batch_messages'])).toHaveLength(1);
  });
});
