// Row 3b of the goals: ticket file → balances with EventStoreDB's protocol as the wallets' store, against what the client itself reaches at
// best: 1-event appends with many in flight. The store is the rig of tools/rigs, unless --peer eventstore=esdb://… names a real server.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { inFlight, PAYLOAD } from './append.mjs';
import { costLine, counted } from './costs.mjs';
import { addUsed, cpuOf, described, inTurn, microsecondsEach, rate, ratio, summary } from './measure.mjs';
import { count, importFile, openBenchPlatform, prepare, verified, workload } from './platform-parts.mjs';
import { profiled } from './profile.mjs';

const MEMBERS = 20_000;
const TICKETS = 6_000;
const APPENDS = 6_000;
/** Where the client does best (`eventstoredb.md` §1). */
const IN_FLIGHT = 512;
const RIG = 'a rig that speaks the protocol, in memory with one fsynced file, and NOT EventStoreDB: the ratio says what our adapter makes of the client, '
  + 'the rates say nothing about EventStoreDB. A real server: --peer eventstore=esdb://…';

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchEventStore(options) {
  const folder = await mkdtemp(join(tmpdir(), 'trebol-bench-'));
  const given = options.peers.eventstore;
  const rig = given ? undefined : await (await import('../rigs/event-store/start.ts')).startEventStoreRig({ folder: join(folder, 'event-store') });
  const client = EventStoreDBClient.connectionString(given ?? rig.url);
  try {
    return await measured({ ...options, folder, client, eventStoreUrl: given ?? rig.url, server: rig?.pid });
  } finally {
    await client.dispose();
    await rig?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measured({ url, pid, rounds, seed, brief, profile, folder, client, eventStoreUrl, server }) {
  const dataFolder = join(folder, 'data');
  const platform = await openBenchPlatform({ dataFolder, url, eventStoreUrl });
  try {
    const served = { url: platform.url, key: await platform.sessionKey() };
    await prepare(served, { busUrl: url, dataFolder, members: MEMBERS });
    await platform.settled();
    const tickets = workload(seed, MEMBERS, { tickets: TICKETS });
    const pids = { postgres: pid, ...(server ? { server } : {}) };
    const used = { platform: {}, ceiling: {} };
    let [things, appended, lastRound] = [0, 0, 0];

    const throughPlatform = async (round) => {
      const lines = tickets(round);
      const file = join(folder, `round-${round + 1}.ndjson`);
      await writeFile(file, `${lines.join('\n')}\n`);
      const [before, began] = [cpuOf(pids), performance.now()];
      const job = await profiled(round < 0 || round >= rounds ? undefined : profile, lines.length, async () => {
        const done = await importFile(served, file);
        await platform.settled();
        return done;
      });
      const seconds = (performance.now() - began) / 1000;
      if (job.rows.read !== lines.length) throw new Error(`${job.rows.read} rows read of ${lines.length}`);
      if (round >= 0 && round < rounds) {
        addUsed(used.platform, before, cpuOf(pids));
        things += lines.length;
      }
      lastRound = lines.length;
      return lines.length / seconds;
    };
    const ceiling = async (round) => {
      const name = randomUUID();
      const append = (index) => client.appendToStream(`ceiling-${name}-${index}`,
        jsonEvent({ id: randomUUID(), type: 'PointsEarned', data: JSON.parse(PAYLOAD) }), { expectedRevision: NO_STREAM });
      const [before, began] = [cpuOf(pids), performance.now()];
      await inFlight(Array.from({ length: APPENDS }, (_, index) => index), IN_FLIGHT, append);
      if (round >= 0) {
        addUsed(used.ceiling, before, cpuOf(pids));
        appended += APPENDS;
      }
      return (APPENDS * 1000) / (performance.now() - began);
    };

    const results = await inTurn({ platform: throughPlatform, ceiling }, rounds);
    const cost = await counted({ url, pid, brief, also: server ? { server } : {} }, async () => {
      await throughPlatform(rounds);
      return lastRound;
    });
    const report = await verified(platform);
    const micros = { platform: microsecondsEach(used.platform, things), ceiling: microsecondsEach(used.ceiling, appended) };
    return told({ results, micros, cost, report, isRig: server !== undefined });
  } finally {
    await platform.stop();
  }
}

function told({ results, micros, cost, report, isRig }) {
  const [through, appends, against] = [summary(results.platform), summary(results.ceiling), ratio(results.platform, results.ceiling)];
  const split = ({ node, postgres, server }) => [
    `Node ${Math.round(node)} µs`, `PostgreSQL ${Math.round(postgres)} µs`, ...(isRig ? [`the rig ${Math.round(server)} µs`] : []),
  ].join(' + ');
  return {
    figures: {
      store: isRig ? 'rig, not EventStoreDB' : 'EventStoreDB, given', platform: through, ceiling: appends, ratio: against, cpuMicroseconds: micros, cost, verified: report,
    },
    lines: [
      `store: ${isRig ? RIG : 'the server that was given'}`,
      `ticket file → rated → posted → balances, topics and facts up to date, ${count(TICKETS)} tickets a round: ${described(through, rate)}   (goal ≥ 3,000/s, of EventStoreDB)`,
      `  CPU a ticket: ${split(micros.platform)}; verified ${count(report.events)} events`,
      `${costLine('a ticket', cost)} (PostgreSQL's; the wallets' log is not there)`,
      `the client alone, 1-event appends to new streams, ${IN_FLIGHT} in flight: ${described(appends, rate)}; CPU an append: ${split(micros.ceiling)}`,
      `ratio: ${described(against)}   (goal ≥ 0.7)`,
    ],
  };
}
