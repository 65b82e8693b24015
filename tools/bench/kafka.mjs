// Row 3 of the goals: Kafka topic → balances with read models up to date, broker on this machine, against the same tickets from a file into
// another platform (row 2), and against a consumer of the same topic that does nothing.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { systemClock } from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { openBus } from '@trebol/messaging';
import { costLine, counted } from './costs.mjs';
import { addUsed, cpuOf, described, inTurn, microsecondsEach, rate, ratio, summary } from './measure.mjs';
import { count, importFile, openBenchPlatform, prepare, TICKETS_PER_ROUND, verified, workload, yesterday } from './platform-parts.mjs';
import { profiled } from './profile.mjs';

const MEMBERS = 20_000;
/** As the product's own consumer of the topic. */
const BATCH_MAX = 1_000;

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchKafka(options) {
  const { startKafka, whyNoKafka } = await import('../rigs/kafka/rig.ts');
  const missing = await whyNoKafka();
  if (missing !== undefined) return { figures: { refused: missing }, lines: [`refused: ${missing}`] };
  const folder = await mkdtemp(join(tmpdir(), 'trebol-bench-'));
  const broker = await startKafka({ throughput: true });
  try {
    return await measured({ ...options, folder, broker });
  } finally {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measured(setup) {
  const { pid, rounds, seed, broker, brief, url } = setup;
  const ends = [];
  try {
    const parts = await openParts(setup, ends);
    const tickets = workload(seed, MEMBERS, { day: yesterday() });
    const run = { ...parts, ...setup, tickets, pids: { postgres: pid, broker: broker.pid }, lines: [], published: 0, till: { cpu: 0, seconds: 0 } };
    const cpu = { topic: {}, file: {} };
    let things = 0;
    const accounted = (name, work) => async (round) => {
      const before = cpuOf(run.pids);
      const perSecond = await work(run, round);
      if (round >= 0) addUsed(cpu[name], before, cpuOf(run.pids));
      if (round >= 0 && name === 'topic') things += run.lines.length;
      return perSecond;
    };
    const results = await inTurn({
      topic: accounted('topic', fromTopic), file: accounted('file', fromFile), nothing: () => readOnly(run),
    }, rounds);
    const cost = await counted({ url, pid, brief, also: { broker: broker.pid } }, async () => {
      await fromTopic(run, rounds);
      return run.lines.length;
    });
    await fromFile(run, rounds);
    const [report, other] = [await verified(parts.topicPlatform), await verified(parts.filePlatform)];
    if (report.balancesHash !== other.balancesHash) throw new Error('the run has no result: the same tickets gave other balances by topic than by file');
    const micros = Object.fromEntries(Object.entries(cpu).map(([name, sums]) => [name, microsecondsEach(sums, things)]));
    return told({ results, micros, till: { micros: (run.till.cpu * 1e6) / run.published, perSecond: run.published / run.till.seconds }, cost, report });
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

/** Two platforms with a database each on one server: one over Kafka, one over PostgreSQL; the tills; a bus to read with. */
async function openParts({ url, folder, broker }, ends) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE DATABASE by_topic');
  await client.end();
  const busUrl = `kafka://${broker.brokers}`;
  const places = { topic: { url: Object.assign(new URL(url), { pathname: '/by_topic' }).href, busUrl }, file: { url, busUrl: url } };
  const opened = {};
  for (const [name, place] of Object.entries(places)) {
    const dataFolder = join(folder, name);
    const platform = await openBenchPlatform({ dataFolder, ...place });
    ends.push(() => platform.stop());
    opened[name] = { platform, served: { url: platform.url, key: await platform.sessionKey() } };
    await prepare(opened[name].served, { busUrl: place.busUrl, dataFolder, members: MEMBERS });
    await platform.settled();
  }
  const tills = fork(join(import.meta.dirname, 'kafka-till.mjs'), [busUrl]);
  ends.push(async () => { tills.kill(); });
  await once(tills, 'message');
  const bus = await openBus({ url: busUrl, clock: systemClock, topics: Object.values(topics), clientId: 'bench' });
  ends.push(() => bus.close());
  return { topicPlatform: opened.topic.platform, filePlatform: opened.file.platform, served: opened.file.served, tills, bus };
}

/** New tickets, published meanwhile by a process of its own; over when every balance, topic and fact has seen them. */
async function fromTopic(run, round) {
  run.lines = run.tickets(round);
  run.file = join(run.folder, `round-${round + 1}.ndjson`);
  await writeFile(run.file, `${run.lines.join('\n')}\n`);
  const began = performance.now();
  const said = await profiled(round < 0 || round >= run.rounds ? undefined : run.profile, run.lines.length, async () => {
    run.tills.send({ file: run.file, name: `till-${round + 2}` });
    const [answer] = await once(run.tills, 'message');
    if (answer.error) throw new Error(`the tills: ${answer.error}`);
    await run.topicPlatform.settled();
    return answer;
  });
  run.published += said.published;
  run.till = { cpu: run.till.cpu + said.cpu, seconds: run.till.seconds + said.seconds };
  return run.lines.length / ((performance.now() - began) / 1000);
}

/** The same tickets as a file. */
async function fromFile(run) {
  const began = performance.now();
  const job = await importFile(run.served, run.file);
  await run.filePlatform.settled();
  if (job.rows.read !== run.lines.length) throw new Error(`${job.rows.read} rows read of ${run.lines.length}`);
  return run.lines.length / ((performance.now() - began) / 1000);
}

/** The whole topic once more through our bus adapter, by a group of its own that does nothing; counted from its first batch on. */
async function readOnly(run) {
  run.group = (run.group ?? 0) + 1;
  const { promise, resolve } = Promise.withResolvers();
  let [seen, since, first] = [0, 0, 0];
  const handle = async ({ messages }) => {
    if (seen === 0) [since, first] = [performance.now(), messages.length];
    seen += messages.length;
    if (seen >= run.published) resolve((seen - first) / ((performance.now() - since) / 1000));
  };
  const running = await run.bus.consume({ topics: [topics.ticket.name], group: `bench.nothing.v${run.group}`, batchMax: BATCH_MAX, handle });
  const perSecond = await promise;
  await running.stop();
  return perSecond;
}

function told({ results, micros, till, cost, report }) {
  const [topic, file, nothing] = ['topic', 'file', 'nothing'].map((name) => summary(results[name]));
  const [toFile, toNothing] = [ratio(results.topic, results.file), ratio(results.topic, results.nothing)];
  const split = (used) => `Node ${Math.round(used.node)} µs + PostgreSQL ${Math.round(used.postgres)} µs + broker ${Math.round(used.broker)} µs`;
  return {
    figures: {
      members: MEMBERS, topic, file, noopConsumer: nothing, ratioToFile: toFile, ratioToNoop: toNothing, cpuMicrosecondsPerTicket: micros, till, cost, verified: report,
    },
    lines: [
      `${count(MEMBERS)} members, Zipf; ${count(TICKETS_PER_ROUND)} tickets a round; unreadable ones have keys of their own`,
      `Kafka topic → rated → posted → balances, topics and facts up to date: ${described(topic, rate)}   (goal ≥ 12,000/s)`,
      `  CPU a ticket: ${split(micros.topic)}; verified ${count(report.events)} events`,
      `  published meanwhile by a process of its own (not counted above): ${Math.round(till.micros)} µs a ticket, ${rate(till.perSecond)}`,
      costLine('a ticket', cost),
      `the same tickets from a file, bus in PostgreSQL: ${described(file, rate)}; CPU a ticket: ${split(micros.file)} (the first platform's, idle); the same balances`,
      `a consumer of the topic that does nothing: ${described(nothing, rate)}`,
      `ratio to the file: ${described(toFile)}   (goal ≥ 0.6); to the consumer that does nothing: ${described(toNothing, (value) => value.toFixed(3))}`,
    ],
  };
}
