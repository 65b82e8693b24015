// Rows 1 and 10 of the goals: one event to each of many streams through the event store port, against COPY of the same event rows into a bare table, into one
// with the log's own indexes, and of all rows that the port writes, and against one-row commits of 32 clients (what pgbench would do). All sides on the same server with fsync.
import { hash } from 'node:crypto';
import pg from 'pg';
import { PostgresEventStore } from '@trebol/event-store';
import { copyRows } from '@trebol/postgres-bulk';
import { systemClock } from '@trebol/chassis';
import { costLine, counted } from './costs.mjs';
import { cpuSeconds, described, inTurn, rate, ratio, summary } from './measure.mjs';
import { appendAll, logProven } from './proven-log.mjs';

const STREAMS_PER_BATCH = 2_000;
const BATCHES_PER_ROUND = 12;
/** Transactions at once of the port and of COPY: as many as the store has connections for imports. */
export const WIDTH = 4;
const ONE_ROW_CLIENTS = 32;
const ONE_ROW_COMMITS = 4_000;
/** 105 bytes, as an award of points is. */
export const PAYLOAD = JSON.stringify({ s: ['ticket', 'madrid-1~1~2026-02-10~184'], h: '0123456789abc', l: [['lot_01', 125, 0, 20500]], o: 1_770_000 });

export const uuid = (high, low) => `${high.toString(16).padStart(8, '0')}-0000-7000-8000-${low.toString(16).padStart(12, '0')}`;
const COLUMNS = [['position', 'int8'], ['recorded_at', 'timestamptz'], ['event_id', 'uuid'], ['stream_id', 'int4'], ['revision', 'int4'], ['partition', 'int2'], ['kind_id', 'int2'],
  ['data', 'text'], ['metadata', 'text']].map(([name, type]) => ({ name, type }));
const STREAM_COLUMNS = [['id', 'int4'], ['revision', 'int4'], ['snapshot_revision', 'int4'], ['name', 'text']].map(([name, type]) => ({ name, type }));
const INDEXES = [(table) => `CREATE UNIQUE INDEX ON ${table} (position) WITH (fillfactor = 100)`, (table) => `CREATE INDEX ON ${table} (stream_id, (revision >> 6))`];

/** Batches of one event to each of many new streams. */
export const freshBatches = (name, recordedAt, batches = BATCHES_PER_ROUND) => Array.from({ length: batches }, (_, batch) => Array.from({ length: STREAMS_PER_BATCH }, (__, index) => ({
  stream: `wallet-bench-${name}-${batch}-${index}`, expectedRevision: 'noStream',
  events: [{ id: uuid(1000 + Number(name), batch * STREAMS_PER_BATCH + index), type: 'PointsEarned', schemaVersion: 1, data: PAYLOAD, recordedAt }],
})));

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchAppend({ url, pid, rounds, brief }) {
  const store = await PostgresEventStore.open({ url, clock: systemClock });
  const pool = new pg.Pool({ connectionString: url, max: ONE_ROW_CLIENTS });
  for (const table of ['bare', 'indexed', 'whole', 'one_row']) {
    await pool.query(`CREATE TABLE ${table} (LIKE event_store.event)`);
    if (table !== 'bare') for (const make of INDEXES) await pool.query(make(table));
  }
  await pool.query('CREATE TABLE known_stream (LIKE event_store.stream); CREATE UNIQUE INDEX ON known_stream (id); CREATE UNIQUE INDEX ON known_stream (name)');
  const recordedAt = systemClock.now();
  const total = STREAMS_PER_BATCH * BATCHES_PER_ROUND;
  const cpu = { node: 0, postgres: 0, events: 0 };

  const port = async (round) => {
    const before = cpuSeconds(pid);
    const perSecond = await timed(total, () => inFlight(freshBatches(round + 1, recordedAt), WIDTH, (batch) => appendAll(store, batch)));
    const after = cpuSeconds(pid);
    if (round >= 0 && round < rounds) { cpu.node += after.node - before.node; cpu.postgres += after.postgres - before.postgres; cpu.events += total; }
    return perSecond;
  };
  const rowOf = (position) => [position, recordedAt, uuid(1, position), position, 1, 1, 1, PAYLOAD, ''];
  const streamOf = (position) => [position, 1, 0, `wallet-bench-1-${position}`];
  const copyInto = (table, withStreams = false) => async (round) => timed(total, async () => {
    const starts = Array.from({ length: BATCHES_PER_ROUND }, (_, batch) => (round + 1) * total + batch * STREAMS_PER_BATCH);
    await inFlight(starts, WIDTH, async (first) => {
      const positions = Array.from({ length: STREAMS_PER_BATCH }, (__, index) => first + index + 1);
      const client = await pool.connect();
      if (withStreams) await client.query('BEGIN');
      if (withStreams) await copyRows(client, { table: 'public.known_stream', columns: STREAM_COLUMNS }, positions.map(streamOf));
      await copyRows(client, { table: `public.${table}`, columns: COLUMNS }, positions.map(rowOf));
      if (withStreams) await client.query('COMMIT');
      client.release();
    });
  });
  const insert = { name: 'one-row', text: `INSERT INTO one_row VALUES ($1, to_timestamp($2::float8 / 1000), $3, $4, $5, $6, $7, $8, $9)` };
  const oneRow = async (round) => timed(ONE_ROW_COMMITS, () => inFlight(
    Array.from({ length: ONE_ROW_COMMITS }, (_, index) => (round + 1) * ONE_ROW_COMMITS + index + 1), ONE_ROW_CLIENTS, (position) => pool.query({ ...insert, values: rowOf(position) })));

  const results = await inTurn({ port, bare: copyInto('bare'), indexed: copyInto('indexed'), whole: copyInto('whole', true), oneRow }, rounds);
  const cost = await counted({ url, pid, brief }, async () => {
    await port(rounds);
    return total;
  });
  const micros = (seconds) => (seconds * 1e6) / cpu.events;
  const hashing = hashMicros(recordedAt);
  await pool.end();
  await store.close();
  await logProven({ url });
  const sums = Object.fromEntries(Object.entries(results).map(([name, values]) => [name, summary(values)]));
  const against = Object.fromEntries(['bare', 'indexed', 'whole', 'oneRow'].map((name) => [name, ratio(results.port, results[name])]));
  const cpuMicros = { node: micros(cpu.node), postgres: micros(cpu.postgres) };
  return told({ sums, against, cpuMicros, hashing, cost });
}

function told({ sums, against, cpuMicros, hashing, cost }) {
  return {
    figures: { ...sums, ratios: against, cpuMicrosecondsPerEvent: cpuMicros, hashMicrosecondsPerEvent: hashing, cost },
    lines: [
      `append through the port, 1 event × ${STREAMS_PER_BATCH} new streams a batch, ${WIDTH} in flight: ${described(sums.port, rate)}   (goal ≥ 60,000/s)`,
      `  CPU an event: Node ${cpuMicros.node.toFixed(1)} µs + PostgreSQL ${cpuMicros.postgres.toFixed(1)} µs; of it canonical form and SHA-256 ${hashing.toFixed(2)} µs, ${
        ((100 * hashing) / (cpuMicros.node + cpuMicros.postgres)).toFixed(1)} %   (goal ≤ 5 %)`,
      costLine('an event', cost),
      `COPY of the same event rows, same batches, same in flight, into a bare table: ${described(sums.bare, rate)}; into one with the log's two indexes: ${described(sums.indexed, rate)}`,
      `COPY of all rows that the port writes (the new streams' rows too, with their two indexes), a transaction a batch: ${described(sums.whole, rate)}`,
      `one-row commits of ${ONE_ROW_CLIENTS} clients, prepared, into such a table: ${described(sums.oneRow, rate)}`,
      `port against COPY of all it writes: ${described(against.whole)}   (goal ≥ 0.45); of the event rows alone, with indexes: ${described(against.indexed)}; without: ${described(against.bare)}`,
      `port against one-row commits: ${described(against.oneRow)}   (goal ≥ 5)`,
    ],
  };
}

/** What the chain costs in Node, an event: its canonical form and its share of one SHA-256 a batch, as the appender computes them. */
function hashMicros(recordedAt) {
  const [batch] = freshBatches(0, recordedAt, 1);
  const ROUNDS = 50;
  const began = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round += 1) {
    let forms = '';
    for (const { stream, events: [event] } of batch) forms += `${stream}\0${1}\0${event.id.toLowerCase()}\0${event.type}\0${event.schemaVersion}\0${event.recordedAt}\0${event.data}\0${event.metadata ?? ''}\0`;
    hash('sha256', forms, 'buffer');
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / (ROUNDS * batch.length);
}

async function timed(count, work) {
  const began = performance.now();
  await work();
  return (count * 1000) / (performance.now() - began);
}

export async function inFlight(items, width, work) {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < items.length) await work(items[next++]);
  }));
}
