import pg from 'pg';

/** Longest wait for a free connection or for a new one, in milliseconds: beyond it the database counts as away. */
const CONNECT_MS_MAX = 30_000;
/** Longest wait for one statement's answer, in milliseconds: a frozen server must not hold callers for ever. */
const ANSWER_MS_MAX = 60_000;

/**
 * Settings of every connection. Plans are made once and must stay right while tables grow from nothing to millions of rows, and
 * all statements find rows by index, a batch's rows one by one: so no full scans, and no joins that need them.
 * A process that freezes in a transaction loses its locks after a minute.
 */
const SETTINGS = Object.entries({
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
  default_transaction_isolation: 'read\\ committed',
  idle_in_transaction_session_timeout: '60000',
  client_min_messages: 'warning',
  timezone: 'UTC',
}).map(([name, value]) => `-c ${name}=${value}`).join(' ');

/** SQLSTATEs that say "try the transaction again": deadlock and serialization failure. Nothing was written. */
const RETRYABLE = new Set(['40P01', '40001']);
/** SQLSTATE classes of a database that is away or shutting down rather than of a wrong statement. */
const AWAY = /^(08|57P|53300|53400|25P03|58030)/;

/** A pool of raw connections; an idle connection that breaks is replaced silently. */
export function openPool(url: string, connectionsMax: number, applicationName: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url, max: connectionsMax, application_name: applicationName, options: SETTINGS, keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS_MAX, query_timeout: ANSWER_MS_MAX,
  });
  pool.on('error', () => undefined);
  // An error on a connection in use reaches its statement as well; without a listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Ends a pool when nobody waits for a connection any more: pg-pool would leave those who do waiting for ever. */
export async function closePool(pool: pg.Pool): Promise<void> {
  while (pool.waitingCount > 0) await new Promise((resolve) => { setImmediate(resolve); });
  await pool.end();
}

/** True when the transaction was rolled back by the server for a reason that a retry mends. */
export function isRetryable(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && RETRYABLE.has(error.code);
}

/** True when the connection knew no table for the month of an event, although `MonthTables` made one: see `refresh` there. */
export function isRoutedNowhere(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '23514' && error.constraint === undefined;
}

/**
 * True when the server did not answer, or went away while answering: what was sent may have been done or not. False for what
 * the server refused (then nothing was done) and for mistakes of this program.
 */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return error.code === undefined || AWAY.test(error.code);
  return !(error instanceof TypeError || error instanceof RangeError);
}
