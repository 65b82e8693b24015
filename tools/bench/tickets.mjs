// Row 2 of the goals: a file of tickets → rated → posted → balances, with read models, topics and facts keeping up, against COPY of the same bytes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { copyRows } from '@trebol/postgres-bulk';
import { costLine, counted } from './costs.mjs';
import { addUsed, cpuSeconds, described, inTurn, microsecondsEach, rate, ratio, summary } from './measure.mjs';
import { count, importFile, openBenchPlatform, prepare, TICKETS_PER_ROUND, verified, workload } from './platform-parts.mjs';
import { profiled } from './profile.mjs';

const COPY_ROWS = 1_000;
const BARE = { table: 'public.bare_ticket', columns: [{ name: 'n', type: 'int8' }, { name: 'body', type: 'text' }] };

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchTickets({ url, pid, rounds, seed, profile, brief, members = 20_000 }) {
  const folder = await mkdtemp(join(tmpdir(), 'trebol-bench-'));
  const dataFolder = join(folder, 'data');
  const platform = await openBenchPlatform({ dataFolder, url });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const served = { url: platform.url, key: await platform.sessionKey() };
    await prepare(served, { busUrl: url, dataFolder, members });
    await platform.settled();
    await client.query('CREATE TABLE bare_ticket (n int8, body text)');
    const tickets = workload(seed, members);
    let lines = [];
    let measured = 0;
    const [cpu, importing] = [{}, []];

    const throughPlatform = async (round) => {
      lines = tickets(round);
      const file = join(folder, `round-${round + 1}.ndjson`);
      await writeFile(file, `${lines.join('\n')}\n`);
      const before = cpuSeconds(pid);
      const began = performance.now();
      let imported = 0;
      const job = await profiled(round < 0 || round >= rounds ? undefined : profile, lines.length, async () => {
        const done = await importFile(served, file);
        imported = performance.now() - began;
        await platform.settled();
        return done;
      });
      const seconds = (performance.now() - began) / 1000;
      if (job.rows.read !== lines.length) throw new Error(`${job.rows.read} rows read of ${lines.length}`);
      if (round >= 0 && round < rounds) {
        addUsed(cpu, before, cpuSeconds(pid));
        measured += lines.length;
        importing.push(lines.length / (imported / 1000));
      }
      return lines.length / seconds;
    };
    const copy = async () => {
      const began = performance.now();
      for (let from = 0; from < lines.length; from += COPY_ROWS) {
        await copyRows(client, BARE, lines.slice(from, from + COPY_ROWS).map((line, index) => [from + index, line]));
      }
      return lines.length / ((performance.now() - began) / 1000);
    };

    const results = await inTurn({ platform: throughPlatform, copy }, rounds);
    const cost = await counted({ url, pid, brief }, async () => {
      await throughPlatform(rounds);
      return lines.length;
    });
    const report = await verified(platform);
    return told({ members, results, importing, micros: microsecondsEach(cpu, measured), cost, report });
  } finally {
    await client.end();
    await platform.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function told({ members, results, importing, micros, cost, report }) {
  const [through, posted, bare, against] = [summary(results.platform), summary(importing), summary(results.copy), ratio(results.platform, results.copy)];
  return {
    figures: { members, platform: through, posted, copy: bare, ratio: against, cpuMicrosecondsPerTicket: micros, cost, verified: report },
    lines: [
      `${count(members)} members, Zipf; ${count(TICKETS_PER_ROUND)} tickets a round`,
      `ticket file → rated → posted → balances, topics and facts up to date: ${described(through, rate)}   (goal ≥ 20,000/s)`,
      `  of which rated and posted: ${described(posted, rate)}`,
      `  CPU a ticket: Node ${Math.round(micros.node)} µs + PostgreSQL ${Math.round(micros.postgres)} µs   (goal ≤ 90 together); verified ${count(report.events)} events`,
      costLine('a ticket', cost),
      `COPY of the same bytes into a bare table: ${described(bare, rate)}`,
      `ratio: ${described(against, (value) => value.toFixed(3))}   (goal ≥ 0.15)`,
    ],
  };
}
