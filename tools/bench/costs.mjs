// What work costs beside time (goals §1): write-ahead log, fsyncs, server commits, growth on disk, memory.
import pg from 'pg';
import { memoryOf } from './measure.mjs';

/** A server process tells its statistics at the latest so long after its last work: only then are fsyncs complete. */
const STATISTICS_MS = 11_000;
/** `bytes`: of all databases, with what vacuum would give back. */
const SNAPSHOT = `SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 AS wal, (SELECT sum(fsyncs) FROM pg_stat_io)::float8 AS fsyncs,
  (SELECT sum(xact_commit) FROM pg_stat_database)::float8 AS commits, (SELECT sum(pg_database_size(oid)) FROM pg_database)::float8 AS bytes`;

/**
 * Does the work once more, outside the timed rounds, and answers what each of its things cost the server. `brief`: without the waits that
 * counting fsyncs and commits needs, and without those figures.
 * @param {{ url: string, pid?: number, brief?: boolean, also?: Record<string, number> }} where `also`: processes whose memory counts too
 * @param {() => Promise<number>} work answers how many things it did
 */
export async function counted({ url, pid, brief = false, also = {} }, work) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const look = async () => (await client.query(SNAPSHOT)).rows[0];
  const wait = () => (brief ? undefined : new Promise((done) => { setTimeout(done, STATISTICS_MS); }));
  try {
    await wait();
    const before = await look();
    const things = await work();
    const walAfter = (await look()).wal;
    const memory = memoryOf({ postgres: pid, ...also });
    await wait();
    const after = await look();
    const each = (name) => (after[name] - before[name]) / things;
    return {
      things, walBytes: (walAfter - before.wal) / things, diskBytes: each('bytes'), memory,
      ...(brief ? {} : { fsyncs: each('fsyncs'), commits: each('commits') }),
    };
  } finally {
    await client.end();
  }
}

const NAMES = { node: 'Node', postgres: 'PostgreSQL', broker: 'broker', server: 'event store' };
export const memoryText = (memory) => Object.entries(memory).map(([name, bytes]) => `${NAMES[name] ?? name} ${Math.round(bytes / 2 ** 20)}`).join(' + ');

const small = (value) => (value >= 10 ? value.toFixed(0) : value.toPrecision(2));
const bytes = (value) => `${Math.round(value).toLocaleString('en-GB')} B`;

/** `thing`: `a ticket`, `an event`. */
export function costLine(thing, cost) {
  const synced = cost.fsyncs === undefined ? 'fsyncs not counted in a smoke run' : `fsyncs ${small(cost.fsyncs)}, server commits ${small(cost.commits)}`;
  return `  ${thing}: WAL ${bytes(cost.walBytes)}, ${synced}, disk ${bytes(cost.diskBytes)}; memory ${memoryText(cost.memory)} MiB`;
}
