import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of one test suite. */
export interface TestDatabase {
  readonly url: string;
  /** Ends what is still connected and removes the database. */
  drop(): Promise<void>;
}

const serverUrl = (): string => {
  const url = process.env['TREBOL_TEST_POSTGRES_URL'];
  if (!url) throw new Error('TREBOL_TEST_POSTGRES_URL is not set: run tests by tools/run-jest.mjs');
  return url;
};

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(name: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return url.href;
}

/** Makes an empty database on the run's PostgreSQL server; `template`: one that begins as that database is. */
export async function freshDatabase(template = 'template1'): Promise<TestDatabase> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  await onServer((client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  return { url: urlOf(name), drop: () => onServer(async (client) => { await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`); }) };
}

/** Templates end with the run; `tools/jest` names the run and removes them from a server that goes on. */
const templateOf = (name: string): string => `tpl_${process.env['TREBOL_TEST_RUN'] ?? process.ppid}_${name}`;

/**
 * Makes a database that begins as `prepare` left another: schemas are migrated once for a whole run, by whichever worker comes first,
 * and copied for every test after that.
 * @param name of what is prepared, in small letters; the same name means the same `prepare`
 * @param prepare given an empty database; closes whatever it opens there
 */
export async function preparedDatabase(name: string, prepare: (url: string) => Promise<void>): Promise<TestDatabase> {
  const template = templateOf(name);
  await onServer(async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [template]);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount !== 0) return;
    const begun = await freshDatabase();
    await prepare(begun.url);
    // Only what is whole gets the name.
    await client.query(`ALTER DATABASE ${new URL(begun.url).pathname.slice(1)} RENAME TO ${template}`);
  });
  return freshDatabase(template);
}
