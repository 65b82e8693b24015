import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '@trebol/testing';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { openDataSource } from './open-data-source.ts';

class MakeThing implements MigrationInterface {
  name = 'MakeThing1764000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE thing (id int PRIMARY KEY)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE thing');
  }
}

class Breaks implements MigrationInterface {
  name = 'Breaks1764000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE half (id int)');
    await runner.query('SELECT nonsense');
  }

  async down(): Promise<void> {
    // Never ran.
  }
}

describe('data source of a service', () => {
  let database: { url: string; drop(): Promise<void> };
  const opened: DataSource[] = [];

  const open = async (schema: string, migrations: readonly Function[], poolMax = 1) => {
    const dataSource = await openDataSource({ url: database.url, schema, migrations, poolMax, applicationName: `trebol-${schema}` });
    opened.push(dataSource);
    return dataSource;
  };

  beforeAll(async () => {
    database = await freshDatabase();
  });

  afterAll(async () => {
    await Promise.all(opened.map((dataSource) => dataSource.destroy()));
    await database.drop();
  });

  it('given an empty database, when three processes open it together, then the migration runs once and all can work', async () => {
    const sources = await Promise.all([1, 2, 3].map(() => open('earning', [MakeThing])));
    const [row] = await sources[0]?.query<{ n: string }[]>('SELECT count(*) AS n FROM earning.migration') ?? [];
    expect(row?.n).toBe('1');
    await sources[2]?.query('INSERT INTO thing VALUES (1)');
    await expect(sources[1]?.query('SELECT id FROM earning.thing')).resolves.toEqual([{ id: 1 }]);
  });

  it('given a connection of the pool, then it works in its own schema, in UTC, under its own name', async () => {
    const source = await open('ledger', []);
    await expect(source.query(`SELECT current_schemas(false)::text[] AS schemas, current_setting('timezone') AS zone,
      current_setting('application_name') AS name`)).resolves.toEqual([{ schemas: ['ledger'], zone: 'UTC', name: 'trebol-ledger' }]);
  });

  it('given a pool of two, when three queries run, then there are two connections', async () => {
    const source = await open('redemption', [], 2);
    await Promise.all([1, 2, 3].map(() => source.query('SELECT pg_sleep(0.02)')));
    const [row] = await source.query<{ n: string }[]>(
      "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'trebol-redemption'");
    expect(row?.n).toBe('2');
  });

  it('given a migration that fails, then opening fails, nothing of it stays, and the next try is not blocked', async () => {
    await expect(open('segmentation', [Breaks])).rejects.toThrow('nonsense');
    const source = await open('segmentation', []);
    await expect(source.query("SELECT to_regclass('segmentation.half') AS half")).resolves.toEqual([{ half: null }]);
  });

  it('given a role that may not create schemas, when its schema exists, then it opens', async () => {
    const owner = await open('enrollment', []);
    await owner.query("CREATE ROLE modest LOGIN PASSWORD 'x'");
    for (const what of ['SCHEMA enrollment', 'ALL TABLES IN SCHEMA enrollment', 'ALL SEQUENCES IN SCHEMA enrollment']) {
      await owner.query(`GRANT ALL ON ${what} TO modest`);
    }
    const url = new URL(database.url);
    url.username = 'modest';
    url.password = 'x';
    const source = await openDataSource({ url: url.href, schema: 'enrollment', migrations: [], poolMax: 1, applicationName: 'modest' });
    await source.destroy();
    await owner.query('DROP OWNED BY modest; DROP ROLE modest');
  });

  it('given a name that is no schema, then it is refused before anything is opened', async () => {
    await expect(open('x; DROP', [])).rejects.toThrow(RangeError);
  });
});
