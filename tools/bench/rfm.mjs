// Row 8 of the goals: an RFM run over many tickets in the segmentation store, against the same written by hand for DuckDB, on the same
// connection settings. The run also hands every customer to PostgreSQL; that part is shown by itself.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { openDataSource, systemClock, systemIds } from '@trebol/chassis';
import { FactStore, RunSegmentation, segmentationEntities, segmentationMigrations, segmentationModule } from '@trebol/segmentation';
import { costLine, counted } from './costs.mjs';
import { addUsed, cpuSeconds, described, inTurn, microsecondsEach, ratio, summary } from './measure.mjs';
import { count, mebibytes } from './platform-parts.mjs';
import {
  byHand, cellsOf, DAYS, FIRST_DAY, GROUPS_BY_HAND, makeFacts, readPositions, rf25, scoreRfm, TENANT,
} from './rfm-facts.mjs';

const DAY_MS = 86_400_000;
const ZONE = 'Europe/Madrid';
const OUT_OF_MEMORY = /Out of Memory/i;

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchRfm({ url, pid, rounds, seed, brief, tickets, duckdbMemory = '256MB' }) {
  const folder = await mkdtemp(join(tmpdir(), 'trebol-bench-'));
  const dataSource = await openDataSource({
    url, schema: 'segmentation', entities: segmentationEntities, migrations: segmentationMigrations, poolMax: 2, applicationName: 'bench',
  });
  let app;
  try {
    const made = await makeFacts(folder, tickets, seed);
    app = await NestFactory.createApplicationContext(segmentationModule({ clock: systemClock, dataSource, dataFolder: folder, duckdb: { memoryLimit: duckdbMemory } }), { logger: false });
    const result = await measured({ url, pid, rounds, brief, tickets }, { facts: app.get(FactStore), segmentation: app.get(RunSegmentation) });
    return told({ tickets, made, duckdbMemory, ...result });
  } catch (error) {
    if (!OUT_OF_MEMORY.test(error.message)) throw error;
    const refused = `no result over ${count(tickets)} tickets with ${duckdbMemory} for DuckDB: ${error.message.split('\n', 1)[0]}`;
    return { figures: { refused }, lines: [`${refused}; --duckdb-memory gives it more`] };
  } finally {
    await app?.close();
    await dataSource.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measured({ url, pid, rounds, brief, tickets }, { facts, segmentation }) {
  const asOf = new Date(Date.parse(FIRST_DAY) + DAYS * DAY_MS).toISOString().slice(0, 10);
  const request = { asOf: `${asOf}T00:00:00+01:00`, zone: ZONE, scoring: 'type1Quintiles', map: rf25.id, window: 'allTime', purchase: 'receipt' };
  const definition = {
    asOf: Date.parse(request.asOf), zone: ZONE, window: 'allTime', purchase: 'receipt', lineFilters: { quantityAbove: 0, unitPriceAbove: 0 },
    currency: undefined, cutpoints: { kind: 'computed' },
  };
  const cells = cellsOf(rf25);
  const [ids, sql] = [systemIds(systemClock), byHand(cells, asOf)];
  const [groups, used, customers] = [{}, { run: {}, score: {}, hand: {} }, { run: 0 }];
  const timed = (name, work) => async (round) => {
    const [before, began] = [cpuSeconds(pid), performance.now()];
    groups[name] = await work();
    const seconds = (performance.now() - began) / 1000;
    if (round >= 0) addUsed(used[name], before, cpuSeconds(pid));
    return seconds;
  };
  const figuresOf = (list) => list.filter(({ members }) => members > 0).map(({ group, members, amountMinor }) => `${group} ${members} ${amountMinor}`).toSorted().join('\n');
  const run = async () => {
    const stored = await segmentation.run(TENANT, ids.prefixed('run'), request);
    customers.run = stored.counts.members;
    return figuresOf(stored.groups);
  };
  const score = async () => {
    const outcome = await scoreRfm(facts, { tenant: TENANT, definition, map: rf25, cells, positions: readPositions }, async () => undefined);
    return figuresOf(outcome.figures.groups);
  };
  const hand = async () => {
    const rows = await facts.read(async (connection) => {
      await connection.run(sql);
      return (await connection.run(GROUPS_BY_HAND)).getRowsJS();
    });
    return rows.map(([group, members, minor]) => `${group} ${members} ${minor}`).toSorted().join('\n');
  };
  const results = await inTurn({ score: timed('score', score), hand: timed('hand', hand), run: timed('run', run) }, rounds);
  const cost = await counted({ url, pid, brief }, async () => { await run(); return customers.run; });
  if (new Set(Object.values(groups)).size > 1) {
    throw new Error(`the run has no result: the groups differ\n${Object.entries(groups).map(([name, text]) => `${name}:\n${text}`).join('\n')}`);
  }
  const micros = Object.fromEntries(Object.entries(used).map(([name, sums]) => [name, microsecondsEach(sums, tickets * rounds)]));
  return { results, micros, cost, customers: customers.run };
}

function told({ tickets, made, duckdbMemory, results, micros, cost, customers }) {
  const [score, hand, run] = ['score', 'hand', 'run'].map((name) => summary(results[name]));
  const [scoreToHand, runToHand] = [ratio(results.score, results.hand), ratio(results.run, results.hand)];
  const cpuRatio = micros.score.node / micros.hand.node;
  const seconds = (value) => `${value.toFixed(2)} s`;
  const cpu = (used) => `CPU ${used.node.toFixed(2)} µs a ticket${used.postgres >= 0.005 ? ` + PostgreSQL ${used.postgres.toFixed(2)} µs` : ''}`;
  return {
    figures: {
      tickets, duckdbMemory, members: made.members, customers, bytesPerTicket: made.bytes / tickets, score, hand, run, ratio: scoreToHand, ratioOfWholeRun: runToHand, cpuRatio,
      cpuMicrosecondsPerTicket: micros, cost,
    },
    lines: [
      `${count(tickets)} tickets of 3 lines, ${count(customers)} customers; facts ${mebibytes(made.bytes)}, ${(made.bytes / tickets).toFixed(0)} B a ticket; DuckDB with ${duckdbMemory} (the service's default is 256MB) and 2 threads`,
      `scored, every customer handed over in order and hashed: ${described(score, seconds)}; ${cpu(micros.score)}   (goal ≤ 2 s over 10,000,000)`,
      `the same by hand, customers into a table and the groups' figures: ${described(hand, seconds)}; ${cpu(micros.hand)}; the same groups`,
      `the whole run, scores stored in PostgreSQL: ${described(run, seconds)}; ${cpu(micros.run)}`,
      costLine('a customer stored', cost),
      `ratio of scoring to by hand: ${described(scoreToHand)}, of their CPU ${cpuRatio.toFixed(2)}   (goal ≤ 1.5); of the whole run: ${described(runToHand)}`,
    ],
  };
}
