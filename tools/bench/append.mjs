// Row 1 of the goals: one event to each of many streams through the event store port, against COPY of the same rows into a bare table.
import pg from 'pg';
import { PostgresEventStore } from '@trebol/event-store';
import { copyRows } from '@trebol/postgres-bulk';
import { systemClock } from '@trebol/chassis';
import { cpuSeconds, described, inTurn, rate, ratio, summary } from './measure.mjs';

const STREAMS_PER_BATCH = 2_000;
const BATCHES_PER_ROUND = 10;
const PAYLOAD = JSON.stringify({ s: ['ticket', 'madrid-1~1~2026-02-10~000184'], h: '0123456789abcdef', l: [['lot_0123456789abcdef', 125, 0, 20500]], o: 1_770_000_000_000 });

const uuid = (high, low) => `${high.toString(16).padStart(8, '0')}-0000-7000-8000-${low.toString(16).padStart(12, '0')}`;

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchAppend({ url, pid, rounds }) {
  const store = await PostgresEventStore.open({ url, clock: systemClock });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const columns = [['partition', 'int2'], ['position', 'int8'], ['tick', 'int8'], ['stream_id', 'int8'], ['revision', 'int4'], ['event_id', 'uuid'], ['type_id', 'int2'],
    ['schema_version', 'int2'], ['recorded_at', 'timestamptz'], ['data', 'text'], ['metadata', 'text']].map(([name, type]) => ({ name, type }));
  await client.query(`CREATE TABLE bare (${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`);
  const recordedAt = systemClock.now();
  const total = STREAMS_PER_BATCH * BATCHES_PER_ROUND;
  let cpu = 0;
  let appended = 0;

  const throughPort = async (round) => {
    const before = cpuSeconds(pid);
    const began = performance.now();
    const batches = Array.from({ length: BATCHES_PER_ROUND }, (_, batch) => Array.from({ length: STREAMS_PER_BATCH }, (_, index) => ({
      stream: `wallet-bench-${round + 1}-${batch}-${index}`, expectedRevision: 'noStream',
      events: [{ id: uuid(round + 2, batch * STREAMS_PER_BATCH + index), type: 'PointsEarned', schemaVersion: 1, data: PAYLOAD, recordedAt }],
    })));
    await inFlight(batches, 2, (batch) => store.append(batch, 'bulk'));
    const seconds = (performance.now() - began) / 1000;
    const after = cpuSeconds(pid);
    if (round >= 0) { cpu += after.node + after.postgres - before.node - before.postgres; appended += total; }
    return total / seconds;
  };
  const copy = async (round) => {
    const began = performance.now();
    for (let batch = 0; batch < BATCHES_PER_ROUND; batch += 1) {
      const rows = Array.from({ length: STREAMS_PER_BATCH }, (_, index) => [1, batch * STREAMS_PER_BATCH + index, batch, index, 1, uuid(round + 2, index), 1, 1, recordedAt, PAYLOAD, null]);
      await copyRows(client, { table: 'public.bare', columns }, rows);
    }
    return total / ((performance.now() - began) / 1000);
  };

  const results = await inTurn({ port: throughPort, copy }, rounds);
  await client.end();
  await store.close();
  const [port, bare, against] = [summary(results.port), summary(results.copy), ratio(results.port, results.copy)];
  return {
    figures: { port, copy: bare, ratio: against, cpuMicrosecondsPerEvent: (cpu * 1e6) / appended },
    lines: [
      `append through the port, 1 event × ${STREAMS_PER_BATCH} streams a batch: ${described(port, rate)}; CPU ${Math.round((cpu * 1e6) / appended)} µs an event`,
      `COPY of the same rows into a bare table, one commit a batch:    ${described(bare, rate)}`,
      `ratio: ${described(against)}   (goal ≥ 0.45)`,
    ],
  };
}

async function inFlight(items, width, work) {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < items.length) await work(items[next++]);
  }));
}
