import pg from 'pg';

/**
 * A sandbox goes on where it was: its clock never begins before what it has recorded. 0 where nothing was.
 */
export async function lastRecorded(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const there = await client.query<{ there: boolean }>(
      "SELECT to_regclass('event_store.event') IS NOT NULL AS there");
    if (!there.rows[0]?.there) return 0;
    const found = await client.query<{ at: string | null }>(
      'SELECT ceil(extract(epoch FROM max(recorded_at)) * 1000) AS at FROM event_store.event');
    return Number(found.rows[0]?.at ?? 0);
  } finally {
    await client.end();
  }
}
