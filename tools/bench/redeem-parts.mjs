// What the redeem scenarios start from: a platform, members with points to spend, and a table for one-row commits.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { importFile, openBenchPlatform, pointsFor, prepare } from './platform-parts.mjs';
import { forkLoad } from './redeem-load.mjs';

export const MEMBERS = 2_000;
const EUROS_PER_MEMBER = 50_000;

/** `load`: the process that makes the load; `end()` stops all of it. */
export async function openRedeeming(url) {
  const folder = await mkdtemp(join(tmpdir(), 'trebol-bench-'));
  const dataFolder = join(folder, 'data');
  const platform = await openBenchPlatform({ dataFolder, url });
  const load = forkLoad();
  const end = async () => {
    load.end();
    await platform.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const served = { url: platform.url, key: await platform.sessionKey(), members: MEMBERS };
    await prepare(served, { busUrl: url, dataFolder, members: MEMBERS });
    await platform.settled();
    const file = join(folder, 'points.ndjson');
    await writeFile(file, `${pointsFor(MEMBERS, EUROS_PER_MEMBER).join('\n')}\n`);
    await importFile(served, file);
    await platform.settled();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('CREATE TABLE one_row (id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, member text NOT NULL, points int8 NOT NULL)');
    await client.end();
    return { platform, served, load, folder, end };
  } catch (error) {
    await end();
    throw error;
  }
}
