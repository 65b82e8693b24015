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

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Makes an empty database on the run's PostgreSQL server. */
export async function freshDatabase(): Promise<TestDatabase> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name}`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}
