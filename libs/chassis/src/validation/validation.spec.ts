import { describe, expect, it } from '@jest/globals';
import { memberId } from '@trebol/contracts';
import { z } from 'zod';
import { fieldErrors, jsonPointer } from './field-errors.ts';

const schema = z.strictObject({
  lines: z.array(z.strictObject({ quantity: z.int().min(1), sku: z.string().regex(/^\d+$/, 'digits only') })),
  pay: z.union([z.strictObject({ points: z.int() }), z.strictObject({ rewardId: z.string(), ticket: z.string() })]).optional(),
});

const pointers = (value: unknown) => fieldErrors(schema, value, '').map((error) => error.pointer);

describe('field errors', () => {
  it('given unknown fields at two levels, then each has its own pointer', () => {
    expect(pointers({ lines: [{ quantity: 1, sku: '1', a: 1, 'b/c~': 2 }], x: 1 })).toEqual(['/lines/0/a', '/lines/0/b~1c~0', '/x']);
  });

  it('given a wrong value, then the message is in both languages and the schema\'s own words stay', () => {
    expect(fieldErrors(schema, { lines: [{ quantity: 0, sku: 'a' }] }, '')).toEqual([
      {
        pointer: '/lines/0/quantity',
        message: { en: 'Must be at least 1', es: 'Tiene que ser 1 como mínimo' },
      },
      { pointer: '/lines/0/sku', message: { en: 'digits only', es: 'digits only' } },
    ]);
  });

  it('given two objections in the same words about one place, then it is told once', () => {
    expect(fieldErrors(z.strictObject({ points: z.int().max(Number.MAX_SAFE_INTEGER) }), { points: 1e20 }, '')).toHaveLength(1);
  });

  it('given an id with hyphens, then the form is told in both languages', () => {
    expect(fieldErrors(memberId, 'mbr_0197a1b2-0000-7000-8000-000000000000', '/id')).toEqual([{ pointer: '/id', message: {
      en: 'Must be mbr_ and 32 hexadecimal digits in lower case, without hyphens',
      es: 'Tiene que ser mbr_ y 32 cifras hexadecimales en minúsculas, sin guiones',
    } }]);
  });

  it('given words of a schema that are known, then they are Spanish in Spanish', () => {
    expect(fieldErrors(z.string().regex(/^x$/, 'Must not be 0'), 'a', '/a')).toEqual([{ pointer: '/a', message: { en: 'Must not be 0', es: 'Tiene que ser distinto de 0' } }]);
  });

  it('given a choice of shapes, then the objections are those of the shape that fits best', () => {
    expect(pointers({ lines: [], pay: { points: 1, note: 'x' } })).toEqual(['/pay/note']);
  });

  it('given a thousand wrong lines, then a hundred are reported', () => {
    expect(pointers({ lines: Array.from({ length: 1000 }, () => ({ quantity: 0, sku: '1' })) })).toHaveLength(100);
  });

  it('given no path, then the pointer is the whole document', () => {
    expect(jsonPointer([])).toBe('');
    expect(pointers('text')).toEqual(['']);
  });

  it('given messages of our own, then Zod\'s global configuration is untouched', () => {
    fieldErrors(schema, {}, '');
    expect(z.string().safeParse(1).error?.issues[0]?.message).toBe('Invalid input: expected string, received number');
  });
});
