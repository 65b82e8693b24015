import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  currencyExponent, type ExplanationStep, explanationStep, fieldMessages, inSpanish, localId, memberId, renderStep, ticket, topics, transactionKey,
} from './index.ts';

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
    ['a control character in an identifier', { identification: { kind: 'member', value: 'mbr_\u0000' } }, 'identification/value'],
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

  it('given points of another type than the currency, then a sentence names it', () => {
    expect(renderStep({ ...step, pointType: 'status' }, 'es')).toMatch(/→ 125 puntos "status", válidos hasta/);
    expect(renderStep({ ...step, pointType: 'status' }, 'en')).toMatch(/→ 125 points "status", valid through/);
    const returned = {
      kind: 'returned', rule: 'base', version: 1, currency: 'EUR', remaining: 100, entitledBefore: 3, entitledAfter: 1, reversed: 2,
      pointType: 'status',
    } as const;
    expect([renderStep(returned, 'es'), renderStep(returned, 'en')])
      .toEqual([expect.stringContaining('se anulan 2 "status"'), expect.stringContaining('→ 2 "status" reversed')]);
  });

  it('given a currency, then amounts have its own decimals (ISO 4217), also where people write none', () => {
    expect(['EUR', 'JPY', 'BHD', 'RSD', 'CLF', 'constructor'].map(currencyExponent)).toEqual([2, 0, 3, 2, 4, 2]);
    expect(renderStep({ ...step, currency: 'BHD' }, 'en')).toMatch(/12\.550 /);
    expect(renderStep({ ...step, currency: 'RSD' }, 'en')).toMatch(/125\.50 /);
  });

  it('given a ticket that gave nothing, then every reason has a sentence of its own in es and in en', () => {
    const [, , , notGiven] = explanationStep.options;
    const steps = notGiven.shape.reason.options.map((reason): ExplanationStep =>
      ({ kind: 'notGiven', reason, day: '2026-02-10', days: 30, original: '12~3~2026-02-09~1' }));
    const sentences = steps.flatMap((one) => [renderStep(one, 'es'), renderStep(one, 'en')]);
    expect(new Set(sentences).size).toBe(2 * notGiven.shape.reason.options.length);
    expect(sentences.filter((sentence) => !/^[A-Z].+\.$/u.test(sentence) || /undefined|\?/.test(sentence))).toEqual([]);
  });
});

describe('what is wrong with a field', () => {
  const said = (change: object, language: 'es' | 'en') =>
    ticket.safeParse({ ...sale, ...change }, { error: fieldMessages[language] }).error?.issues[0]?.message;

  it.each([
    [{ type: 'gift' }, 'Tiene que ser uno de estos: sale, return, void', 'Must be one of these: sale, return, void'],
    [{ sequence: undefined }, 'Falta este campo', 'This field is missing'],
    [{ sequence: 7 }, 'Tiene que ser un texto', 'Must be a text'],
    [{ lines: [] }, 'No puede estar vacío', 'Must not be empty'],
    [{ lines: 'x' }, 'Tiene que ser una lista', 'Must be a list'],
    [{ businessDay: '2026-02-30' }, 'Tiene que ser un día que exista, con la forma AAAA-MM-DD', 'Must be a day that exists, in the form YYYY-MM-DD'],
    [{ lines: [{ line: 0, sku: 'A', quantity: 1, amount: 1 }] }, 'Tiene que ser 1 como mínimo', 'Must be at least 1'],
    [{ lines: [{ line: 1, sku: 'A', quantity: 1, amount: 1.5 }] }, 'Tiene que ser un número entero', 'Must be a whole number'],
    [{ lines: [{ line: 1, sku: 'A', amount: 1 }] }, 'No es ninguna de las formas admitidas', 'Is none of the forms that are allowed'],
    [{ operatorId: 'x'.repeat(61) }, 'Tiene que tener 60 caracteres como máximo', 'Must have at most 60 characters'],
    [{ tenders: [{ kind: 'shell', amount: 1 }] }, 'No es ninguna de las formas admitidas', 'Is none of the forms that are allowed'],
    [{ colour: 'red' }, 'Campo desconocido', 'Unknown field'],
  ])('given %j, then it is said in es and in en as a person would', (change, es, en) => {
    expect([said(change, 'es'), said(change, 'en')]).toEqual([es, en]);
  });

  it('given a message of a schema itself, then it has a Spanish form', () => {
    const own = [localId, memberId].map((schema) => schema.safeParse('~').error?.issues[0]?.message ?? '');
    expect(own.map(inSpanish)).toEqual([
      'Tiene que tener solo letras, cifras, "_", "." y "-", 40 como máximo', 'Tiene que ser mbr_ y 32 cifras hexadecimales en minúsculas, sin guiones',
    ]);
  });
});
