// Row 10 of the goals: bytes on disk for each event, with its indexes. Two shapes: every event in a stream of its own, and wallets with ten events each, filled at random.
import pg from 'pg';
import { PostgresEventStore } from '@trebol/event-store';
import { systemClock } from '@trebol/chassis';
import { freshBatches, inFlight, PAYLOAD, uuid, WIDTH } from './append.mjs';
import { seeded } from './measure.mjs';
import { appendAll, logProven } from './proven-log.mjs';

const WALLETS = 10_000;
const EVENTS_PER_WALLET = 10;
const STREAMS_PER_BATCH = 2_000;
const GOAL_BYTES = 220;

/** Each event once, in random order of wallets; a batch names a wallet once. */
function atRandom(recordedAt, random) {
  const revisions = new Int32Array(WALLETS);
  const open = Array.from({ length: WALLETS }, (_, wallet) => wallet);
  const batches = [];
  while (open.length > 0) {
    const size = Math.min(STREAMS_PER_BATCH, open.length);
    for (let index = 0; index < size; index += 1) {
      const other = index + Math.floor(random() * (open.length - index));
      [open[index], open[other]] = [open[other], open[index]];
    }
    const chosen = open.slice(0, size);
    batches.push(chosen.map((wallet) => ({
      stream: `wallet-${wallet}`, expectedRevision: revisions[wallet] || 'noStream',
      events: [{ id: uuid(wallet + 1, ++revisions[wallet]), type: 'PointsEarned', schemaVersion: 1, data: PAYLOAD, recordedAt }],
    })));
    for (let index = size - 1; index >= 0; index -= 1) {
      if (revisions[open[index]] === EVENTS_PER_WALLET) { open[index] = open.at(-1); open.pop(); }
    }
  }
  return batches;
}

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchDisk({ url, seed }) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const recordedAt = systemClock.now();
  const shapes = { fresh: [freshBatches(1, recordedAt, 20), WIDTH], filled: [atRandom(recordedAt, seeded(seed)), 1] };
  const figures = {};
  const lines = [`payload ${PAYLOAD.length} bytes; event ids as given, no metadata; pg_total_relation_size after VACUUM`];
  for (const [schema, [batches, width]] of Object.entries(shapes)) {
    const store = await PostgresEventStore.open({ url, schema, clock: systemClock });
    await inFlight(batches, width, (batch) => appendAll(store, batch));
    await store.close();
    await logProven({ url, schema });
    const { rows: tables } = await client.query(`SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = '${schema}.event'::regclass AND inhrelid::regclass::text NOT LIKE '%idx'`);
    for (const { name } of tables) await client.query(`VACUUM ${name}`);
    const { rows: [row] } = await client.query(`SELECT (SELECT count(*) FROM ${schema}.event)::int AS events,
      sum(pg_total_relation_size(c.oid)) FILTER (WHERE c.relname LIKE 'event\\_____\\_%')::float8 AS total, sum(pg_relation_size(c.oid)) FILTER (WHERE c.relname LIKE 'event\\_____\\_%')::float8 AS heap,
      sum(pg_total_relation_size(c.oid)) FILTER (WHERE c.relname = 'stream')::float8 AS streams, sum(pg_total_relation_size(c.oid)) FILTER (WHERE c.relname = 'segment')::float8 AS segments
      FROM pg_class AS c WHERE c.relnamespace = '${schema}'::regnamespace AND c.relkind = 'r'`);
    const per = (bytes) => bytes / row.events;
    figures[schema] = { events: row.events, bytesPerEvent: per(row.total), heapBytesPerEvent: per(row.heap), streamBytesPerEvent: per(row.streams), segmentBytesPerEvent: per(row.segments) };
    lines.push(`${schema === 'fresh' ? 'an event to each of' : `${EVENTS_PER_WALLET} events at random to each of`} ${(schema === 'fresh' ? row.events : WALLETS).toLocaleString('en-GB')} streams: ${
      per(row.total).toFixed(1)} B an event with indexes (row ${per(row.heap).toFixed(1)}, indexes ${per(row.total - row.heap).toFixed(1)})   (goal ≤ ${GOAL_BYTES}); besides, hash chain ${
      per(row.segments).toFixed(1)}, rows of the streams ${per(row.streams).toFixed(1)}`);
  }
  await client.end();
  return { figures, lines };
}
