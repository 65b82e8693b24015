import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderStep, ticket, topics, transactionKey } from './index.ts';

const folder = join(import.meta.dirname, '..', 'golden');
const byName = new Map(Object.values(topics).map((topic) => [topic.name, topic]));
const sale = {
  type: 'sale', storeId: '12', workstationId: '3', businessDay: '2026-02-10', sequence: '184', occurredAt: '2026-02-10T18:31:07+01:00', currency: 'EUR',
  lines: [{ line: 1, sku: 'A', quantity: 1, amount: 100 }],
};
const pathsOf = (change: object): string[] => ticket.safeParse({ ...sale, ...change }).error?.issues.map(({ path }) => path.join('/')) ?? [];

describe('golden messages', () => {
  const golden = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as { topic: string; value: unknown }[]);

  it.each(golden)('given a message of $topic from an earlier version, then it still parses, unchanged', ({ topic, value }) => {
    expect(byName.get(topic)?.schema.parse(value)).toEqual(value);
  });

  it('given the catalogue, then every topic has a golden message', () => {
    expect(new Set(golden.map(({ topic }) => topic))).toEqual(new Set(byName.keys()));
  });
});

describe('the canonical ticket', () => {
  it('given store, workstation, day and sequence, then the key is one word', () => {
    expect(transactionKey(sale)).toBe('12~3~2026-02-10~184');
  });

  it.each([
    ['a separator in a store id', { storeId: '1~2' }, 'storeId'],
    ['a day that does not exist', { businessDay: '2026-02-29' }, 'businessDay'],
    ['an instant without offset', { occurredAt: '2026-02-10T18:31:07' }, 'occurredAt'],
    ['no lines', { lines: [] }, 'lines'],
    ['a fractional amount', { lines: [{ line: 1, sku: 'A', quantity: 1, amount: 1.5 }] }, 'lines/0/amount'],
    ['an amount beyond exact integers', { lines: [{ line: 1, sku: 'A', quantity: 1, amount: 2 ** 53 }] }, 'lines/0/amount'],
    ['a quantity of zero', { lines: [{ line: 1, sku: 'A', quantity: 0, amount: 1 }] }, 'lines/0/quantity'],
    ['points as tender without their number', { tenders: [{ kind: 'points', amount: 10 }] }, 'tenders/0/points'],
  ])('given %s, then it is refused and pointed at', (_what, change, path) => {
    expect(pathsOf(change)).toContain(path);
  });

  it('given an unknown field, then it is refused by name', () => {
    expect(ticket.safeParse({ ...sale, colour: 'red' }).error?.issues[0]).toMatchObject({ code: 'unrecognized_keys', keys: ['colour'] });
  });
});

describe('an explanation', () => {
  const step = { kind: 'perAmount', rule: 'base', version: 1, currency: 'EUR', eligible: 12_550, points: 1, per: 100, granted: 125, validThrough: '2027-02-10' } as const;

  it('given a rated purchase, then the arithmetic is told in es and in en', () => {
    expect(renderStep(step, 'es')).toMatch(/125,50.*125 puntos, válidos hasta el 2027-02-10/);
    expect(renderStep(step, 'en')).toMatch(/€125\.50.*125 points, valid through 2027-02-10/);
    expect(renderStep({ ...step, currency: 'JPY' }, 'en')).toMatch(/JP¥12,550 /);
  });
});
