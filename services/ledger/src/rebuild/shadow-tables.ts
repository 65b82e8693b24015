import type { ClientBase } from 'pg';
import { LIVE, SHADOW } from '../read-models.ts';

/**
 * How long the swap may wait for readers in the middle of a query before it lets them go first and tries again, in
 * milliseconds.
 */
const SWAP_LOCK_MS_MAX = 2_000;

/**
 * Makes the shadow tables where they are not there yet: an unfinished rebuild goes on where it was. With `afresh` they are
 * emptied first. The
 * entries have no index until all are in, which makes loading them several times faster.
 */
export async function prepareShadow(client: ClientBase, afresh: boolean): Promise<void> {
  await client.query('BEGIN');
  try {
    if (afresh) await dropShadow(client);
    await client.query(`CREATE TABLE IF NOT EXISTS ${SHADOW.balance} (LIKE ${LIVE.balance} INCLUDING DEFAULTS INCLUDING STORAGE,
      CONSTRAINT balance_rebuild_pk PRIMARY KEY (tenant, programme, point_type, member_id)) WITH (fillfactor = 85)`);
    await client.query(`CREATE TABLE IF NOT EXISTS ${SHADOW.entry} (LIKE ${LIVE.entry} INCLUDING DEFAULTS INCLUDING STORAGE)`);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function dropShadow(client: ClientBase): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS ${SHADOW.balance}, ${SHADOW.entry}`);
  await client.query('DELETE FROM ledger.checkpoint WHERE name = $1', [SHADOW.checkpoint]);
}

/** Gives the shadow the keys and statistics of the live tables. */
export async function indexShadow(client: ClientBase): Promise<void> {
  await client.query(`CREATE INDEX IF NOT EXISTS balance_rebuild_due ON ${SHADOW.balance} (next_due_at) WHERE next_due_at IS NOT NULL`);
  await client.query(
    `CREATE UNIQUE INDEX IF NOT EXISTS entry_rebuild_pk ON ${SHADOW.entry} (tenant, member_id, programme, point_type, revision)`);
  await client.query(`ANALYZE ${SHADOW.balance}, ${SHADOW.entry}`);
}

/**
 * Puts the shadow in the place of the live tables and moves the live checkpoint to the shadow's, in one transaction. `upTo` is
 * called while the live
 * checkpoint is locked, so that nobody projects meanwhile: it must bring the shadow at least as far. Readers wait only for the
 * renames.
 */
export async function swapShadow(client: ClientBase, upTo: (live: string) => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = ${SWAP_LOCK_MS_MAX}`);
    const live = await client.query<{ reached: string }>(
      'SELECT reached FROM ledger.checkpoint WHERE name = $1 FOR UPDATE', [LIVE.checkpoint]);
    const reached = live.rows[0]?.reached;
    if (reached !== undefined) await upTo(reached);
    await client.query(`DROP TABLE ${LIVE.balance}, ${LIVE.entry}`);
    for (const [from, to] of [['balance_rebuild', 'balance'], ['entry_rebuild', 'entry']] as const) {
      await client.query(`ALTER TABLE ledger.${from} RENAME TO ${to}`);
      await client.query(`ALTER INDEX ledger.${from}_pk RENAME TO ${to}_pk`);
    }
    await client.query('ALTER INDEX ledger.balance_rebuild_due RENAME TO balance_due');
    await client.query('ALTER TABLE ledger.entry ADD CONSTRAINT entry_pk PRIMARY KEY USING INDEX entry_pk');
    await client.query('DELETE FROM ledger.checkpoint WHERE name = $1', [LIVE.checkpoint]);
    await client.query('UPDATE ledger.checkpoint SET name = $2 WHERE name = $1', [SHADOW.checkpoint, LIVE.checkpoint]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** True for PostgreSQL's "could not get the lock in time", after which the swap is tried again. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
}
