import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '@trebol/testing';
import fc from 'fast-check';
import pg from 'pg';

import { binaryArray, type ColumnType, copyRows } from './index.ts';

const TYPES: readonly ColumnType[] = ['int2', 'int4', 'int8', 'bool', 'text', 'bytea', 'uuid', 'timestamptz', 'date'];
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0') && value.isWellFormed());
const day = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((value) => value.toISOString().slice(0, 10));
/** PostgreSQL shows instants to the year 294276, but only these years in the text form that this test reads back. */
const instant = fc.integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59Z') });

const VALUES: Readonly<Record<ColumnType, fc.Arbitrary<unknown>>> = {
  int2: fc.integer({ min: -32_768, max: 32_767 }),
  int4: fc.integer(),
  int8: fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  bool: fc.boolean(),
  text,
  bytea: fc.uint8Array({ maxLength: 60 }),
  uuid: fc.uuid(),
  timestamptz: instant,
  date: day,
};

/** Each value as text that PostgreSQL itself is asked for: an independent reading of the bytes. */
const AS_TEXT: Readonly<Record<ColumnType, (value: unknown) => string>> = {
  int2: String, int4: String, int8: String, bool: String, text: String, uuid: String, date: String,
  bytea: (value) => Buffer.from(value as Uint8Array).toString('hex'),
  timestamptz: (value) => new Date(value as number).toISOString(),
};
const TEXT_SQL: Partial<Record<ColumnType, string>> = {
  bytea: `encode(v, 'hex')`,
  timestamptz: `to_char(v AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
};

const database = await freshDatabase();
const client = new pg.Client({ connectionString: database.url });
const reading = (type: ColumnType) => TEXT_SQL[type] ?? 'v::text';
const expected = (type: ColumnType, values: readonly unknown[]) => values.map((value) => (value === null ? null : AS_TEXT[type](value)));

async function copied(type: ColumnType): Promise<(string | null)[]> {
  const { rows } = await client.query<{ t: string | null }>(`SELECT ${reading(type)} AS t FROM one_${type} ORDER BY n`);
  return rows.map((row) => row.t);
}

async function copyIn(type: ColumnType, values: readonly unknown[]): Promise<number> {
  await client.query(`TRUNCATE one_${type}`);
  return copyRows(client, { table: `public.one_${type}`, columns: [{ name: 'n', type: 'int4' }, { name: 'v', type }] },
    values.map((value, index) => [index, value]));
}

async function throughArray(type: ColumnType, values: readonly unknown[]): Promise<(string | null)[]> {
  const { rows } = await client.query<{ t: string | null }>(
    `SELECT ${reading(type)} AS t FROM unnest($1::${type}[]) WITH ORDINALITY AS a (v, n) ORDER BY n`, [binaryArray(type, values)]);
  return rows.map((row) => row.t);
}

beforeAll(async () => {
  await client.connect();
  for (const type of TYPES) await client.query(`CREATE TABLE one_${type} (n int, v ${type})`);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

describe.each(TYPES)('given values and nulls of type %s', (type) => {
  const values = fc.array(fc.option(VALUES[type], { freq: 6 }), { maxLength: 30 });

  it('when they go through binary COPY, then PostgreSQL reads the same values', async () => {
    await fc.assert(fc.asyncProperty(values, async (given) => {
      expect(await copyIn(type, given)).toBe(given.length);
      expect(await copied(type)).toEqual(expected(type, given));
    }), { numRuns: 40 });
  });

  it('when they go through a binary array, then PostgreSQL reads the same values', async () => {
    await fc.assert(fc.asyncProperty(values, async (given) => {
      expect(await throughArray(type, given)).toEqual(expected(type, given));
    }), { numRuns: 40 });
  });
});

describe('given the edges of the ranges', () => {
  it('when instants are in the first and last years, then they are kept to the millisecond', async () => {
    const edges = [-62_135_596_800_000, -1, 0, 1, 253_402_300_799_999];
    await copyIn('timestamptz', edges);
    expect(await copied('timestamptz')).toEqual(edges.map((value) => new Date(value).toISOString()));
    const { rows } = await client.query<{ t: string }>(`SELECT extract(epoch FROM v)::text AS t FROM unnest($1::timestamptz[]) AS a (v)`,
      [binaryArray('timestamptz', [8_640_000_000_000_000, -210_866_803_200_000])]);
    expect(rows.map((row) => Number(row.t))).toEqual([8_640_000_000_000, -210_866_803_200]);
  });

  it('when texts and bytes are 1 MiB and 5 MiB, then every byte arrives', async () => {
    const long = 'ñ'.repeat(524_288);
    const bytes = Buffer.alloc(5 * 1_048_576, 'trébol');
    await copyIn('text', [long, 'x', long]);
    expect(await copied('text')).toEqual([long, 'x', long]);
    await copyIn('bytea', [bytes, null, bytes]);
    expect(await copied('bytea')).toEqual([bytes.toString('hex'), null, bytes.toString('hex')]);
    expect(await throughArray('bytea', [bytes, bytes])).toEqual([bytes.toString('hex'), bytes.toString('hex')]);
  });

  it('when there are many chunks of rows, then they arrive once each and in order', async () => {
    const many = Array.from({ length: 50_000 }, (_, index) => `value ${index} ${'·'.repeat(index % 97)}`);
    expect(await copyIn('text', many)).toBe(50_000);
    expect(await copied('text')).toEqual(many);
  });
});
