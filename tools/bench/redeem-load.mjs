// The process that makes the load of the redeem scenarios, so that its CPU is not the platform's. Forked by them; work comes as a message,
// its result goes back as one.
import { fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { createHistogram } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { importFile, memberIdOf } from './platform-parts.mjs';

/** Connections to the platform, and to PostgreSQL, at most. */
const SOCKETS_MAX = 256;
const COMMIT_CLIENTS = 32;
/** Latencies are kept in microseconds to three figures, up to a minute. */
const HISTOGRAM = { lowest: 1, highest: 60_000_000, figures: 3 };
const SEND_EVERY_MS = 1;

export const forkLoad = () => {
  const child = fork(fileURLToPath(import.meta.url), ['load']);
  return { ask: (work) => asked(child, work), say: (word) => child.send(word), end: () => child.kill() };
};

let questions = 0;
const asked = (child, work) => new Promise((resolve, reject) => {
  const id = (questions += 1);
  const hear = (answer) => {
    if (answer.id !== id) return;
    child.off('message', hear);
    if (answer.error) reject(new Error(answer.error));
    else resolve(answer);
  };
  child.on('message', hear);
  child.send({ ...work, id });
});

const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });

/** One redemption of one point; resolves when the answer is read whole. */
const redeemOne = ({ url, key, name, members }, n) => new Promise((resolve, reject) => {
  const body = JSON.stringify({ memberId: memberIdOf(n % members), points: 1 });
  const headers = {
    authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'idempotency-key': `bench-${name}-${n}`,
  };
  const sent = request(`${url}/v1/redemptions`, { method: 'POST', agent, headers }, (answer) => {
    answer.resume().on('end', () => (answer.statusCode === 201 ? resolve() : reject(new Error(`redeem: ${answer.statusCode}`)))).on('error', reject);
  });
  sent.on('error', reject);
  sent.end(body);
});

/** Sends at a fixed rate whatever comes back, and counts from the instant at which each should have left. */
async function openLoop({ perSecond, seconds }, send) {
  const total = perSecond * seconds;
  const [latency, late] = [createHistogram(HISTOGRAM), createHistogram(HISTOGRAM)];
  const record = (histogram, since) => histogram.record(Math.max(1, Math.round((performance.now() - since) * 1000)));
  const pending = [];
  const began = performance.now();
  for (let n = 0; n < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * perSecond) + 1);
    for (; n < due; n += 1) {
      const intended = began + (n * 1000) / perSecond;
      record(late, intended);
      pending.push(send(n).then(() => record(latency, intended)));
    }
    await new Promise((next) => { setTimeout(next, SEND_EVERY_MS); });
  }
  await Promise.all(pending);
  const at = (percent) => latency.percentile(percent) / 1000;
  return { done: latency.count, p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: latency.max / 1000, lateP99: late.percentile(99) / 1000 };
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

/** So many redemptions, with so many clients. */
async function fixed(work) {
  let next = 0;
  await Promise.all(Array.from({ length: work.clients }, async () => { while (next < work.count) await redeemOne(work, next++); }));
  return { done: work.count };
}

/** One-row commits into the table `one_row` at a fixed rate. */
async function commits({ databaseUrl, members, ...work }) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: COMMIT_CLIENTS, min: COMMIT_CLIENTS });
  const insert = (n) => pool.query({ name: 'one row', text: 'INSERT INTO one_row (member, points) VALUES ($1, $2)', values: [memberIdOf(n % members), 1] });
  await Promise.all(Array.from({ length: COMMIT_CLIENTS }, (_, n) => insert(n)));
  try {
    return await openLoop(work, insert);
  } finally {
    await pool.end();
  }
}

/** Imports one file after the other until told to stop or none is left; each file is imported to its end. */
async function ingest(work) {
  const began = performance.now();
  let [files, rows, stopped] = [0, 0, false];
  const stop = (word) => { stopped ||= word === 'stop'; };
  process.on('message', stop);
  for (; files < work.files.length && !stopped; files += 1) rows += (await importFile(work, work.files[files])).rows.read;
  process.off('message', stop);
  return { files, rows, seconds: (performance.now() - began) / 1000, ranOut: !stopped };
}

const KINDS = { open: (work) => openLoop(work, (n) => redeemOne(work, n)), closed: closedLoop, fixed, commits, ingest };

if (process.argv[2] === 'load' && process.send) {
  process.once('disconnect', () => process.exit());
  process.on('message', (work) => {
    if (typeof work !== 'object') return;
    KINDS[work.kind](work).then((answer) => process.send({ ...answer, id: work.id }), (error) => process.send({ id: work.id, error: String(error.message) }));
  });
}
