// Row 13 of the goals, event stores: appends of one event to each of many streams, every store at its own best batch shape, on one PostgreSQL with fsync. The peers are
// installed by npm into a temporary folder for this run only; they are no dependency and nothing of them is kept.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { PostgresEventStore } from '@trebol/event-store';
import { systemClock } from '@trebol/chassis';
import { freshBatches, inFlight, PAYLOAD, uuid, WIDTH } from './append.mjs';
import { counted } from './costs.mjs';
import { described, inTurn, rate, ratio, summary } from './measure.mjs';
import { appendAll, logProven } from './proven-log.mjs';

const VERSIONS = { '@event-driven-io/emmett': '0.42.0', '@event-driven-io/emmett-postgresql': '0.42.0', '@eventide/message-db': '1.3.1' };
const INSTALL_MS_MAX = 60_000;
const CLIENTS = 32;
const SINGLE_APPENDS = 1_500;
const MESSAGES_PER_STATEMENT = 500;
const STATEMENTS = 4;

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchPeers({ url, pid, rounds }) {
  const folder = await mkdtemp(join(tmpdir(), 'trebol-bench-peers-'));
  try {
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    const wanted = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`);
    const failure = await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-save', ...wanted], { cwd: folder, timeout: INSTALL_MS_MAX }).then(() => undefined, (error) => error);
    if (failure) return { figures: { skipped: true }, lines: [`skipped: the peers (${wanted.join(', ')}) could not be installed from the npm registry: ${String(failure.stderr || failure.message).trim().split('\n')[0]}`] };
    return await compare({ url, pid, rounds, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare({ url, pid, rounds, folder }) {
  const store = await PostgresEventStore.open({ url, clock: systemClock });
  const [emmett, messageDb] = [await openEmmett(folder, url), await openMessageDb(folder, url)];
  const port = async (round) => {
    const batches = freshBatches(round + 1, systemClock.now());
    return perSecond(batches.flat().length, () => inFlight(batches, WIDTH, (batch) => appendAll(store, batch)));
  };
  const sides = { port, emmett: emmett.append, messageDbSingle: messageDb.single, messageDbBatch: messageDb.batch };
  const sizes = { port: freshBatches(0, 0).flat().length, emmett: SINGLE_APPENDS, messageDbSingle: SINGLE_APPENDS, messageDbBatch: MESSAGES_PER_STATEMENT * STATEMENTS };
  const results = await inTurn(sides, rounds);
  const costs = {};
  for (const [name, run] of Object.entries(sides)) {
    costs[name] = await counted({ url, pid, brief: true }, async () => {
      await run(rounds);
      return sizes[name];
    });
  }
  await Promise.all([store.close(), emmett.close(), messageDb.close()]);
  await logProven({ url });
  const names = { port: `Trébol, 2,000 streams a batch, ${WIDTH} in flight`, emmett: `emmett-postgresql, appendToStream, ${CLIENTS} in flight`,
    messageDbSingle: `message-db, write_message, ${CLIENTS} connections`, messageDbBatch: `message-db, write_message × ${MESSAGES_PER_STATEMENT} a statement` };
  const figures = Object.fromEntries(Object.entries(results).map(([name, values]) => [name, { ...summary(values), ratio: ratio(results.port, values), cost: costs[name] }]));
  return { figures, lines: Object.entries(names).map(([name, shape]) => `${shape}: ${described(figures[name], rate)}${name === 'port' ? '' : `; Trébol is ${described(figures[name].ratio, (value) => `${value.toFixed(1)} ×`)} of it`}; an event: WAL ${
    Math.round(costs[name].walBytes)} B, disk ${Math.round(costs[name].diskBytes)} B`) };
}

async function openEmmett(folder, url) {
  const module = await import(pathToFileURL(join(folder, 'node_modules/@event-driven-io/emmett-postgresql/dist/index.js')).href);
  const pool = new pg.Pool({ connectionString: url, max: CLIENTS });
  const store = module.getPostgreSQLEventStore(url, { connectionOptions: { pool } });
  await store.schema.migrate();
  return {
    append: (round) => perSecond(SINGLE_APPENDS, () => inFlight(upTo(SINGLE_APPENDS), CLIENTS, (index) => store.appendToStream(
      `wallet-${round + 1}-${index}`, [{ type: 'PointsEarned', data: JSON.parse(PAYLOAD) }], { expectedStreamVersion: 'STREAM_DOES_NOT_EXIST' }))),
    close: async () => { await store.close(); await pool.end(); },
  };
}

async function openMessageDb(folder, url) {
  const base = join(folder, 'node_modules/@eventide/message-db/database');
  const setup = new pg.Client({ connectionString: url });
  await setup.connect();
  const statements = [join(base, 'schema/message-store.sql'), join(base, 'types/message.sql'), join(base, 'tables/messages.sql')];
  for (const part of ['functions', 'indexes']) for (const file of (await readdir(join(base, part))).toSorted()) statements.push(join(base, part, file));
  await setup.query('SET check_function_bodies = off');
  // CONCURRENTLY cannot stand in a text of several statements; the tables are empty.
  for (const file of statements) await setup.query((await readFile(file, 'utf8')).replaceAll(/\bCONCURRENTLY\b/gi, ''));
  await setup.end();
  const pool = new pg.Pool({ connectionString: url, max: CLIENTS, options: '-c search_path=message_store,public' });
  const ids = (round, base_) => (index) => uuid(base_ + round, index + 1);
  const single = { name: 'write', text: `SELECT write_message($1, $2, 'PointsEarned', $3::jsonb, NULL, -1)` };
  const many = { name: 'write-many', text: `SELECT write_message(m.id, m.stream, 'PointsEarned', $3::jsonb, NULL, -1) FROM unnest($1::text[], $2::text[]) AS m (id, stream)` };
  return {
    single: (round) => perSecond(SINGLE_APPENDS, () => inFlight(upTo(SINGLE_APPENDS), CLIENTS, (index) => pool.query({ ...single, values: [ids(round, 100)(index), `wallet-s${round + 1}x${index}`, PAYLOAD] }))),
    batch: (round) => perSecond(MESSAGES_PER_STATEMENT * STATEMENTS, () => inFlight(upTo(STATEMENTS), WIDTH, (part) => {
      const indexes = upTo(MESSAGES_PER_STATEMENT).map((index) => part * MESSAGES_PER_STATEMENT + index);
      return pool.query({ ...many, values: [indexes.map(ids(round, 200)), indexes.map((index) => `wallet-b${round + 1}x${index}`), PAYLOAD] });
    })),
    close: () => pool.end(),
  };
}

const upTo = (count) => Array.from({ length: count }, (_, index) => index);

async function perSecond(count, work) {
  const began = performance.now();
  await work();
  return (count * 1000) / (performance.now() - began);
}
