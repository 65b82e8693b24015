import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { copyRows } from '@trebol/postgres-bulk';
import { freshDatabase } from '@trebol/testing';
import pg from 'pg';
import { Fuse } from './crash-points.ts';
import { watchWire } from './watch-wire.ts';

/** A connection class of its own: what is watched in this file is not watched in others. */
const wireOf = (client: pg.Client) => (client as unknown as { connection: Parameters<typeof watchWire>[1] }).connection;

describe('a process whose connections are watched', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let client: pg.Client;
  let other: pg.Client;
  let deaths: string[];

  beforeAll(async () => {
    database = await freshDatabase();
    other = new pg.Client({ connectionString: database.url });
    await other.connect();
    await other.query('CREATE TABLE row (id int4, content text)');
  });
  afterAll(async () => {
    await other.end();
    await database.drop();
  });
  beforeEach(async () => {
    await other.query('TRUNCATE row');
    client = new pg.Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();
    deaths = [];
  });
  const watch = (point: 'after-commit' | 'mid-copy', die: () => void): void => {
    watchWire(new Fuse({ point, occurrence: 1, armed: false }, die), wireOf(client));
  };
  const rows = async (): Promise<number> =>
    Number((await other.query<{ count: string }>('SELECT count(*) FROM row')).rows[0]?.count);

  it.each([
    ['a transaction', ['BEGIN', 'INSERT INTO row VALUES (1)', 'SELECT 1', 'COMMIT'], 3],
    ['a statement of its own', ['SELECT 1', 'INSERT INTO row VALUES (1)', 'SELECT 1'], 1],
    ['a statement that writes in passing', ['WITH w AS (INSERT INTO row VALUES (1) RETURNING 1) SELECT 1'], 0],
  ])('given %s that wrote, when it is committed, then the process dies before it is told', async (_what, statements, at) => {
    const told: number[] = [];
    watch('after-commit', () => { deaths.push(`${told.length}`); });
    for (const [index, statement] of statements.entries()) {
      await client.query(statement);
      told.push(index);
    }
    expect(deaths).toEqual([`${at}`]);
    expect(await rows()).toBe(1);
    await client.end();
  });

  it('given reads, and a write that was rolled back, then there is nothing to die at', async () => {
    watch('after-commit', () => { deaths.push('dead'); });
    for (const statement of ['SELECT 1', 'BEGIN', 'INSERT INTO row VALUES (1)', 'ROLLBACK', 'SELECT 1']) await client.query(statement);
    await client.query({ name: 'read', text: 'SELECT $1::int4', values: [1] });
    expect(deaths).toEqual([]);
    await client.query({ name: 'write', text: 'INSERT INTO row VALUES ($1)', values: [1] });
    expect(deaths).toEqual(['dead']);
    await client.end();
  });

  it('given a COPY, when half of its bytes are with the server, then the process dies and nothing of it is kept', async () => {
    const copied = new Promise<void>((died) => {
      watch('mid-copy', () => {
        (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
        died();
      });
    });
    const target = { table: 'row', columns: [{ name: 'id', type: 'int4' }, { name: 'content', type: 'text' }] } as const;
    const many = Array.from({ length: 1_000 }, (_, id) => [id, `content ${id}`]);
    await expect(copyRows(client, target, many)).rejects.toThrow();
    await copied;
    expect(await rows()).toBe(0);
  });
});
