import pg from 'pg';

/** Where the instant of what was recorded is kept: the log, or, with the log elsewhere, what was derived from it. */
const RECORDED = ['event_store.event', 'ledger.entry'];

/**
 * A sandbox goes on where it was: its clock never begins before what it has recorded, wherever its wallets are kept. 0 where nothing was.
 */
export async function lastRecorded(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let last = 0;
    for (const table of RECORDED) last = Math.max(last, await lastIn(client, table));
    return last;
  } finally {
    await client.end();
  }
}

async function lastIn(client: pg.Client, table: string): Promise<number> {
  const there = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  if (!there.rows[0]?.there) return 0;
  const found = await client.query<{ at: string | null }>(
    `SELECT ceil(extract(epoch FROM max(recorded_at)) * 1000) AS at FROM ${table}`);
  return Number(found.rows[0]?.at ?? 0);
}
