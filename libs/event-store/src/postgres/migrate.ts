import type { Clock } from '@trebol/contracts';
import type pg from 'pg';

import { MIGRATIONS } from './migrations.ts';

/** Longest wait for one version, in milliseconds: moving a log of hundreds of millions of events takes hours, and nothing else waits. */
const MIGRATION_MS_MAX = 86_400_000;

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,40}$/;

/** The schema's name as it stands in statements; throws for a name that is not lower-case letters, digits and underscores. */
export function quotedSchema(schema: string): string {
  if (!SCHEMA_NAME.test(schema)) throw new Error(`${JSON.stringify(schema)} is no name for the event store's schema`);
  return `"${schema}"`;
}

/**
 * Brings the schema to the newest version, in one transaction under an advisory lock: processes that start together wait for the
 * first. Repeatable. Throws when the database is already at a version this program does not know.
 */
export async function migrate(pool: pg.Pool, schema: string, clock: Clock): Promise<void> {
  const quoted = quotedSchema(schema);
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('trebol event store ' || $1, 0))`, [schema]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted}`);
    await client.query(`CREATE TABLE IF NOT EXISTS ${quoted}.migration (version int PRIMARY KEY, applied_at timestamptz NOT NULL)`);
    const { rows } = await client.query<{ version: number }>(`SELECT coalesce(max(version), 0) AS version FROM ${quoted}.migration`);
    const reached = rows[0]?.version ?? 0;
    if (reached > MIGRATIONS.length) {
      throw new Error(`the event store's schema ${schema} is at version ${reached}, this program knows ${MIGRATIONS.length}`);
    }
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < reached) continue;
      await client.query({ text: sql.replaceAll(/\bS\./g, `${quoted}.`), query_timeout: MIGRATION_MS_MAX } as pg.QueryConfig);
      await client.query(`INSERT INTO ${quoted}.migration VALUES ($1, $2)`, [index + 1, new Date(clock.now()).toISOString()]);
    }
    await client.query('COMMIT');
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    client.release(failure); // a connection whose transaction failed is not used again
  }
}
