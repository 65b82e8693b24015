// Rows 4 and 5 of the goals: redeeming over HTTP. Latency at a fixed rate, counted from the instant at which a request should have left; then
// capacity with many clients; both against one-row commits on the same server. The load comes from a process of its own.
import { fork } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openPlatform } from '@trebol/standalone';
import { cpuSeconds, described, inTurn, rate, ratio, summary } from './measure.mjs';
import { profiled } from './profile.mjs';
import { call, cardOf, finished, memberIdOf, prepare } from './tickets.mjs';

const MEMBERS = 2_000;
const EUROS_PER_MEMBER = 50_000;
const RATE_PER_SECOND = 500;
const OPEN_LOOP_SECONDS = 10;
const CLIENTS = 32;
const CLOSED_LOOP_MS = 1_500;
/** Capacity rounds whatever the command line asks for: with the open loop the scenario stays within its half minute. */
const ROUNDS_MAX = 3;

const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchRedeem({ url, pid, rounds, profile }) {
  const folder = await mkdtemp(join(tmpdir(), 'trebol-bench-'));
  const dataFolder = join(folder, 'data');
  const platform = await openPlatform({ dataFolder, databaseUrl: url, create: true, host: '127.0.0.1', port: 0, open: false, logLevel: 'error', sandboxFrom: undefined });
  const pool = new pg.Pool({ connectionString: url, max: CLIENTS });
  const load = fork(fileURLToPath(import.meta.url), ['load']);
  try {
    const served = { url: platform.url, key: await platform.sessionKey() };
    await prepare(served, { url, dataFolder, members: MEMBERS });
    await platform.settled();
    await givePoints(served, folder);
    await platform.settled();
    await pool.query('CREATE TABLE one_row (id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, member text NOT NULL, points int8 NOT NULL)');
    let [cpu, redeemed] = [0, 0];

    await asked(load, { ...served, kind: 'closed', clients: CLIENTS, milliseconds: CLOSED_LOOP_MS, name: 'warm-up' });
    const open = await asked(load, { ...served, kind: 'open', perSecond: RATE_PER_SECOND, seconds: OPEN_LOOP_SECONDS, name: 'open' });
    const capacity = async (round) => {
      const before = cpuSeconds(pid);
      const work = { ...served, kind: 'closed', clients: CLIENTS, milliseconds: CLOSED_LOOP_MS, name: `closed-${round}` };
      const { done, seconds } = await profiled(round < 0 ? undefined : profile, 1_000, () => asked(load, work));
      const after = cpuSeconds(pid);
      if (round >= 0) [cpu, redeemed] = [cpu + after.node + after.postgres - before.node - before.postgres, redeemed + done];
      return done / seconds;
    };
    const commits = () => oneRowCommits(pool);
    const results = await inTurn({ capacity, commits }, Math.min(rounds, ROUNDS_MAX));
    await platform.settled();
    const report = await platform.verify();
    if (report.differences.length > 0) throw new Error(`the run has no result: ${report.differences.join('; ')}`);
    return told({ open, results, micros: (cpu * 1e6) / redeemed });
  } finally {
    load.kill();
    await pool.end();
    await platform.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the server commits at best when each client waits for its own row. */
async function oneRowCommits(pool) {
  const [began, until] = [performance.now(), performance.now() + CLOSED_LOOP_MS];
  let done = 0;
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    const client = await pool.connect();
    while (performance.now() < until) {
      await client.query({ name: 'one row', text: 'INSERT INTO one_row (member, points) VALUES ($1, $2)', values: [memberIdOf(done % MEMBERS), 1] });
      done += 1;
    }
    client.release();
  }));
  return done / ((performance.now() - began) / 1000);
}

function told({ open, results, micros }) {
  const [taken, bare, against] = [summary(results.capacity), summary(results.commits), ratio(results.capacity, results.commits)];
  const milliseconds = (value) => `${value.toFixed(1)} ms`;
  return {
    figures: { open, capacity: taken, commits: bare, ratio: against, cpuMicrosecondsPerRedemption: micros },
    lines: [
      `redeem over HTTP, open loop ${RATE_PER_SECOND}/s for ${OPEN_LOOP_SECONDS} s: p50 ${milliseconds(open.p50)}, p99 ${milliseconds(open.p99)}, max ${milliseconds(open.max)}   (goal p50 ≤ 2, p99 ≤ 10)`,
      `capacity with ${CLIENTS} clients: ${described(taken, rate)}; server CPU ${Math.round(micros)} µs a redemption`,
      `one-row commits with ${CLIENTS} clients: ${described(bare, rate)}`,
      `ratio: ${described(against)}   (goal ≥ 0.6)`,
    ],
  };
}

async function givePoints(served, folder) {
  const file = join(folder, 'points.ndjson');
  const lines = Array.from({ length: MEMBERS }, (_, member) => JSON.stringify({
    type: 'sale', storeId: 'bench-1', workstationId: '1', businessDay: '2026-03-01', sequence: String(member + 1), occurredAt: '2026-03-01T12:00:00+01:00', currency: 'EUR',
    identification: { kind: 'card', value: cardOf(member) }, lines: [{ line: 1, sku: 'S', quantity: 1, amount: EUROS_PER_MEMBER * 100 }],
  }));
  await writeFile(file, `${lines.join('\n')}\n`);
  const { importId } = await call(served, 'POST /v1/imports?format=ndjson&history=true', { body: createReadStream(file), type: 'application/x-ndjson' });
  await finished(served, importId);
}

const asked = (load, work) => new Promise((resolve, reject) => {
  load.once('message', (answer) => (answer.error ? reject(new Error(answer.error)) : resolve(answer)));
  load.send(work);
});

// ---- the process that makes the load ----

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** One redemption of one point; resolves when the answer is read whole. */
const redeemOne = ({ url, key, name }, n) => new Promise((resolve, reject) => {
  const body = JSON.stringify({ memberId: memberIdOf(n % MEMBERS), points: 1 });
  const sent = request(`${url}/v1/redemptions`, {
    method: 'POST', agent, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'idempotency-key': `bench-${name}-${n}` },
  }, (answer) => {
    answer.resume().on('end', () => (answer.statusCode === 201 ? resolve() : reject(new Error(`redeem: ${answer.statusCode}`)))).on('error', reject);
  });
  sent.on('error', reject);
  sent.end(body);
});

async function openLoop(work) {
  const total = work.perSecond * work.seconds;
  const latencies = [];
  const began = performance.now();
  const pending = [];
  for (let n = 0; n < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * work.perSecond) + 1);
    for (; n < due; n += 1) {
      const intended = began + (n * 1000) / work.perSecond;
      pending.push(redeemOne(work, n).then(() => { latencies.push(performance.now() - intended); }));
    }
    await new Promise((next) => { setTimeout(next, 1); });
  }
  await Promise.all(pending);
  const sorted = latencies.toSorted((a, b) => a - b);
  return { done: sorted.length, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1) };
}

async function closedLoop(work) {
  const began = performance.now();
  let [next, done] = [0, 0];
  await Promise.all(Array.from({ length: work.clients }, async () => {
    while (performance.now() - began < work.milliseconds) {
      await redeemOne(work, next++);
      done += 1;
    }
  }));
  return { done, seconds: (performance.now() - began) / 1000 };
}

if (process.argv[2] === 'load' && process.send) {
  process.on('message', (work) => {
    (work.kind === 'open' ? openLoop(work) : closedLoop(work)).then((answer) => process.send(answer), (error) => process.send({ error: String(error.message) }));
  });
}
