import { afterAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually, fixedClock, freshDatabase, sequentialIds } from './index.ts';

describe('what specs stand on', () => {
  const made: { drop(): Promise<void> }[] = [];
  afterAll(async () => { for (const database of made) await database.drop(); });

  it('given a sleeper, when the clock is moved past it, then it wakes; before that it does not', async () => {
    const clock = fixedClock('2026-01-01T00:00:00Z');
    let woken = false;
    const sleeping = clock.sleep(1000).then(() => { woken = true; });
    clock.advance(999);
    await Promise.resolve();
    expect(woken).toBe(false);
    clock.advance(1);
    await sleeping;
    expect(woken).toBe(true);
  });

  it('given an aborted signal, when something sleeps, then it returns at once', async () => {
    await expect(fixedClock(0).sleep(1000, AbortSignal.abort())).resolves.toBeUndefined();
  });

  it('given two sequences with one seed, when ids are taken, then they are the same', () => {
    expect(sequentialIds(7).prefixed('mbr')).toBe(sequentialIds(7).prefixed('mbr'));
  });

  it('given a fresh database, when it is used, then it is empty and answers', async () => {
    const database = await freshDatabase();
    made.push(database);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const found = await client.query<{ n: string }>("select count(*) n from pg_tables where schemaname = 'public'");
    await client.end();
    expect(found.rows[0]?.n).toBe('0');
  });

  it('given a condition that comes true, when waited for, then its value is returned', async () => {
    let calls = 0;
    await expect(eventually(() => (++calls > 2 ? calls : undefined))).resolves.toBe(3);
  });
});
