import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';

/** Runs work in one transaction on a connection of its own; a throw rolls back. The client is pg's, so that COPY can be used on it. */
export async function inTransaction<Result>(dataSource: DataSource, work: (client: ClientBase) => Promise<Result>): Promise<Result> {
  const runner = dataSource.createQueryRunner();
  try {
    const client = (await runner.connect()) as ClientBase;
    await client.query('BEGIN');
    try {
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined); // the connection may be what failed; the first error is the one to tell
      throw error;
    }
  } finally {
    await runner.release();
  }
}

/** Runs work on a connection of its own, each statement by itself. */
export async function onConnection<Result>(dataSource: DataSource, work: (client: ClientBase) => Promise<Result>): Promise<Result> {
  const runner = dataSource.createQueryRunner();
  try {
    return await work((await runner.connect()) as ClientBase);
  } finally {
    await runner.release();
  }
}

/**
 * A statement that is sent for every batch: planned once for each connection, because planning for a thousand keys costs more than
 * finding them.
 */
export interface Statement { readonly name: string; readonly text: string }

/** Rows of a prepared statement, typed by the caller who wrote its columns. */
export async function rowsOfPrepared<Row>(client: ClientBase, statement: Statement, parameters: unknown[]): Promise<readonly Row[]> {
  return (await client.query({ name: statement.name, text: statement.text, values: parameters })).rows as Row[];
}

/** Rows of a query, typed by the caller who wrote its columns. */
export async function rowsOf<Row>(client: ClientBase, sql: string, parameters: unknown[] = []): Promise<readonly Row[]> {
  return (await client.query(sql, parameters)).rows as Row[];
}

/** PostgreSQL's error codes that mean "somebody else was there first, try again": unique violation, deadlock, serialisation failure. */
const CONTENTION_CODES: ReadonlySet<string> = new Set(['23505', '40P01', '40001']);

/** True for an error that goes away when the transaction is run again. */
export function isContention(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && CONTENTION_CODES.has(code);
}
