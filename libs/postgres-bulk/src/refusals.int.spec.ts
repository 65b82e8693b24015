import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '@trebol/testing';
import pg from 'pg';

import { binaryArray, type ColumnType, copyRows } from './index.ts';

const database = await freshDatabase();
const client = new pg.Client({ connectionString: database.url });
const target = {
  table: 'odd "schema".odd "table"',
  columns: [{ name: 'id', type: 'int4' }, { name: 'the amount', type: 'int8' }],
} as const;

const NOT_OF_TYPE: Readonly<Record<ColumnType, readonly unknown[]>> = {
  int2: [32_768, 1.5, '1', Number.NaN],
  int4: [2 ** 31, -0.5, 1n],
  int8: [2 ** 53, 2n ** 63n, '7', Number.POSITIVE_INFINITY],
  bool: [0, 'true'],
  text: [1, 'a\0b', '\ud800', {}],
  bytea: ['ab', [1, 2], new Uint16Array(2)],
  uuid: ['', 'not-a-uuid', '00000000-0000-0000-0000-00000000000g', '00000000000000000000000000000000', '00000000-0000-0000-0000-0000000000é0'],
  timestamptz: [1.5, 8_640_000_000_000_001, -210_866_803_200_001, new Date(0)],
  date: ['2026-02-30', '2026-13-01', '26-01-01', '0000-01-01', 0],
};

beforeAll(async () => {
  await client.connect();
  await client.query('CREATE SCHEMA "odd ""schema"""');
  await client.query('CREATE TABLE "odd ""schema"""."odd ""table""" (id int PRIMARY KEY, "the amount" bigint)');
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

async function count(): Promise<number> {
  const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM "odd ""schema"""."odd ""table"""');
  return rows[0]?.n ?? -1;
}

describe('given a value that is not one of its type', () => {
  it.each(Object.keys(NOT_OF_TYPE) as ColumnType[])('when the type is %s, then the array is refused and names the element', (type) => {
    for (const value of NOT_OF_TYPE[type]) {
      expect(() => binaryArray(type, [null, value])).toThrow(new RegExp(`^element 1 of ${type}\\[\\]: .* is not `));
    }
  });

  it('when it stands in the first chunk of a copy, then row and column are named, nothing is written and the connection is usable', async () => {
    const rows = [[1, 10], [2, 2.5]];
    await expect(copyRows(client, target, rows)).rejects.toThrow('row 1, column the amount: 2.5 is not a safe integer');
    expect(await count()).toBe(0);
  });

  it('when it stands after many chunks, then nothing is written and the connection is usable', async () => {
    const rows: unknown[][] = Array.from({ length: 30_000 }, (_, index) => [index, 1]);
    rows.push([30_000, 'x']);
    await expect(copyRows(client, target, rows)).rejects.toThrow('row 30000, column the amount: "x" is not');
    expect(await count()).toBe(0);
  });

  it('when a row has too few values, then the row is named', async () => {
    await expect(copyRows(client, target, [[1, 1], [2]])).rejects.toThrow('row 1 has 1 values for 2 columns');
  });

  it('when the type is unknown, then it is named', () => {
    expect(() => binaryArray('jsonb' as ColumnType, [])).toThrow('cannot write the type jsonb');
  });
});

describe('given an error of the server', () => {
  it('when there are no rows, then nothing is asked of the server, and an array is empty', async () => {
    expect(await copyRows(client, { table: 'no.such_table', columns: [] }, [])).toBe(0);
    expect((await client.query('SELECT cardinality($1::int4[]) AS n', [binaryArray('int4', [])])).rows).toEqual([{ n: 0 }]);
  });

  it('when the table does not exist, then its error comes and the connection is usable', async () => {
    const many = Array.from({ length: 30_000 }, (_, index) => [index, 1]);
    await expect(copyRows(client, { ...target, table: 'public.missing' }, many)).rejects.toMatchObject({ code: '42P01' });
    expect(await count()).toBe(0);
  });

  it('when a key is doubled in the middle of many chunks, then its error comes and nothing is written', async () => {
    const rows = Array.from({ length: 60_000 }, (_, index) => [index % 5_000, 1]);
    await expect(copyRows(client, target, rows)).rejects.toMatchObject({ code: '23505' });
    expect(await count()).toBe(0);
  });

  it('when the backend is terminated in the middle, then the copy ends with an error', async () => {
    const victim = new pg.Client({ connectionString: database.url });
    victim.on('error', () => undefined);
    await victim.connect();
    const pid = (await victim.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
    await client.query('BEGIN');
    await client.query('LOCK TABLE "odd ""schema"""."odd ""table""" IN ACCESS EXCLUSIVE MODE');
    const copy = copyRows(victim, target, Array.from({ length: 100_000 }, (_, index) => [index, 1]));
    const ended = copy.then(() => 'copied', (error: unknown) => error);
    await client.query('SELECT pg_terminate_backend($1)', [pid]);
    expect(await ended).toBeInstanceOf(Error);
    await client.query('ROLLBACK');
    expect(await count()).toBe(0);
  });
});
