// Row 11 of the goals: throughput of appends once the log holds ten times the data. New wallets come in all the time; the others are drawn by Zipf 1.0.
// Beside throughput the CPU an event takes: on a machine that others use as well it is the steadier figure.
import { PostgresEventStore } from '@trebol/event-store';
import { systemClock } from '@trebol/chassis';
import { PAYLOAD, uuid } from './append.mjs';
import { costLine, counted } from './costs.mjs';
import { cpuSeconds, described, rate, seeded, summary } from './measure.mjs';
import { appendAll, logProven } from './proven-log.mjs';

const STREAMS_PER_BATCH = 2_000;
const NEW_PER_BATCH = 400;
const FIRST_EVENTS = 40_000;
const GROWTH = 10;
/** Measured windows at either size, and their length. */
const WINDOWS = 5;
const WINDOW_EVENTS = 12_000;
/** A machine that needs longer to write ten times the data gets no ratio: one of less growth would flatter. */
const SECONDS_MAX = 300;

/**
 * Batches for two writers: each half of the wallets belongs to one of them, so that none conflicts with the other.
 * @returns {(writer: 0 | 1) => object[]}
 */
function workload(random) {
  const revisions = [];
  const next = [0, 1];
  const recordedAt = systemClock.now();
  return (writer) => {
    const chosen = new Set();
    const known = revisions.length >> 1;
    // Rank n^u is Zipf 1.0; an odd factor scatters the busy wallets over the older ones, always to the same place until their number doubles.
    const scattered = 2 ** Math.floor(Math.log2(Math.max(known, 1)));
    for (let tries = 0; known > 0 && tries < STREAMS_PER_BATCH * 3 && chosen.size < STREAMS_PER_BATCH - NEW_PER_BATCH; tries += 1) {
      chosen.add(((Math.floor(scattered ** random()) * 40_503) % scattered) * 2 + writer);
    }
    const added = known === 0 ? STREAMS_PER_BATCH : NEW_PER_BATCH;
    for (let index = 0; index < added; index += 1) { chosen.add(next[writer]); next[writer] += 2; }
    return [...chosen].map((wallet) => {
      const revision = revisions[wallet] ?? 0;
      revisions[wallet] = revision + 1;
      return { stream: `wallet-${wallet}`, expectedRevision: revision || 'noStream', events: [{ id: uuid(wallet, revision + 1), type: 'PointsEarned', schemaVersion: 1, data: PAYLOAD, recordedAt }] };
    });
  };
}

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchGrowth({ url, pid, seed, brief }) {
  const store = await PostgresEventStore.open({ url, clock: systemClock });
  const batchOf = workload(seeded(seed));
  const began = performance.now();
  const outOfTime = () => performance.now() - began > SECONDS_MAX * 1000;
  let written = 0;

  const append = async (events) => {
    const until = written + events;
    const from = performance.now();
    const before = written;
    await Promise.all([0, 1].map(async (writer) => {
      while (written < until) {
        const batch = batchOf(writer);
        written += batch.length;
        await appendAll(store, batch);
      }
    }));
    return ((written - before) * 1000) / (performance.now() - from);
  };
  const windows = async () => {
    const rates = [];
    const [cpu, from] = [cpuSeconds(pid), written];
    for (let window = 0; window < WINDOWS; window += 1) rates.push(await append(WINDOW_EVENTS));
    const after = cpuSeconds(pid);
    return { ...summary(rates), cpuMicros: ((after.node + after.postgres - cpu.node - cpu.postgres) * 1e6) / (written - from) };
  };

  await append(FIRST_EVENTS);
  const [first, sizeFirst] = [await windows(), written];
  while (written < sizeFirst * GROWTH) {
    if (outOfTime()) throw new Error(`the run has no result: ${written} events after ${SECONDS_MAX} s`);
    await append(WINDOW_EVENTS);
  }
  const [later, sizeLater] = [await windows(), written];
  const cost = await counted({ url, pid, brief }, async () => {
    const before = written;
    await append(WINDOW_EVENTS);
    return written - before;
  });
  await store.close();
  await logProven({ url });
  const [a, b] = [first, later];
  const count = (value) => value.toLocaleString('en-GB');
  return {
    figures: { first: a, later: b, sizeFirst, sizeLater, ratio: b.median / a.median, cpuRatio: a.cpuMicros / b.cpuMicros, cost },
    lines: [
      `at ${count(sizeFirst)} events: ${described(a, rate)}, CPU ${a.cpuMicros.toFixed(1)} µs an event; at ${count(sizeLater)} events (${(sizeLater / sizeFirst).toFixed(1)} ×): ${described(b, rate)}, CPU ${b.cpuMicros.toFixed(1)} µs`,
      costLine('an event', cost),
      `ratio of the medians of ${WINDOWS} windows: ${(b.median / a.median).toFixed(2)}; of the CPU an event: ${(a.cpuMicros / b.cpuMicros).toFixed(2)}   (goal ≥ 0.9 at ten times the data)`,
    ],
  };
}
