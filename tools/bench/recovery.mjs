// Row 7 of the goals: `kill -9` of the platform under redeem load to the first redemption that is accepted after it, by a supervisor that starts
// it again at once; the process alone, and with every process of its PostgreSQL. Afterwards everything is sent once more: what was accepted
// says the same, and no point was spent twice.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryText } from './costs.mjs';
import { described, inTurn, memoryOf, seeded, summary } from './measure.mjs';
import { call, cardOf, count, importFile, pointsFor, putStores, workload } from './platform-parts.mjs';

const PROGRAM = join(import.meta.dirname, '..', '..', 'services', 'standalone', 'dist', 'command-line', 'trebol.js');
const MEMBERS = 200;
const EUROS_PER_MEMBER = 50_000;
const REDEMPTIONS_PER_SECOND = 100;
/** Undisturbed load before a kill, in milliseconds: drawn between these. */
const QUIET_MS = { min: 800, max: 1_800 };
const READY = /\{"event":"ready".*\}/;
/** Longest wait for what has to come, in milliseconds. */
const WAIT_MS_MAX = 60_000;
const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchRecovery({ rounds, seed }) {
  const folder = await mkdtemp(join(tmpdir(), 'trebol-bench-'));
  const supervisor = new Supervisor(join(folder, 'data'), await freePort());
  const tills = fork(join(import.meta.dirname, 'recovery-load.mjs'));
  const ask = async (order, given = {}) => {
    tills.send({ order, ...given });
    const [answer] = await once(tills, 'message');
    if (answer.error) throw new Error(answer.error);
    return answer;
  };
  try {
    const served = { url: supervisor.url, key: await supervisor.start() };
    const { members, given } = await fill(served, folder, seed);
    await ask('start', { ...served, members, perSecond: REDEMPTIONS_PER_SECOND });
    const random = seeded(seed);
    const killed = (withPostgres) => async () => {
      await pause(QUIET_MS.min + random() * (QUIET_MS.max - QUIET_MS.min));
      const at = await supervisor.kill(withPostgres);
      return ((await ask('firstSince', { at })).answeredAt - at) / 1000;
    };
    const results = await inTurn({ process: killed(false), withPostgres: killed(true) }, rounds);
    const memory = memoryOf({ platform: supervisor.pid, postgres: supervisor.postmaster() });
    const sent = await ask('again');
    if (sent.other > 0) throw new Error(`the run has no result: ${sent.other} redemptions that were accepted are others now`);
    await spent(served, members, given - sent.redemptions);
    await supervisor.stop();
    const report = await supervisor.verify();
    return told({ results, sent, memory, report, supervisor });
  } finally {
    tills.kill();
    supervisor.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Members over HTTP, points and a day's tickets as files; answers when every balance is there. */
async function fill(served, folder, seed) {
  await putStores(served);
  const members = [];
  for (let member = 0; member < MEMBERS; member += 1) {
    const body = JSON.stringify({ identifiers: [{ kind: 'card', value: cardOf(member) }] });
    members.push((await call(served, 'POST /v1/members', { body, headers: { 'idempotency-key': `member-${member}` } })).memberId);
  }
  const files = { points: pointsFor(MEMBERS, EUROS_PER_MEMBER), tickets: workload(seed, MEMBERS)(0) };
  for (const [name, lines] of Object.entries(files)) {
    await writeFile(join(folder, name), `${lines.join('\n')}\n`);
    await importFile(served, join(folder, name));
  }
  let given = -1;
  for (const until = performance.now() + WAIT_MS_MAX; performance.now() < until; await pause(500)) {
    const now = await available(served, members);
    if (now.every((points) => points > 0) && total(now) === given) return { members, given };
    given = total(now);
  }
  throw new Error('the run has no result: the points of the members do not settle');
}

const total = (points) => points.reduce((sum, each) => sum + each, 0);
const available = (served, members) => Promise.all(members.map(async (id) => (await call(served, `GET /v1/members/${id}/balance`)).available));

/** Waits until the members have what is left, and not one point less. */
async function spent(served, members, expected) {
  let left = -1;
  for (const until = performance.now() + WAIT_MS_MAX; performance.now() < until; await pause(100)) {
    left = total(await available(served, members));
    if (left <= expected) break;
  }
  if (left !== expected) throw new Error(`the run has no result: ${left} points are left where ${expected} should be`);
}

/** Starts the platform, and again at once whenever it ends by itself. */
class Supervisor {
  starts = 0;
  /** What starts said that failed, by themselves. */
  failures = [];
  #child;
  #stopping = false;
  #ended = Promise.resolve();

  constructor(folder, port) {
    this.folder = folder;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    process.once('exit', () => this.end());
  }

  get pid() { return this.#child.pid; }

  /** Answers with the admin key, at the first start. */
  async start() {
    this.starts += 1;
    const child = spawn(process.execPath, ['--no-warnings', PROGRAM, '--json', '--data', this.folder, 'start', '--port', String(this.port)],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LOG_LEVEL: 'fatal' } });
    let failed = '';
    child.stderr.on('data', (chunk) => { failed += chunk; });
    this.#child = child;
    this.#ended = once(child, 'exit').then(([code]) => this.#endedWith(code, failed));
    this.#ended.catch(() => undefined);
    let said = '';
    for await (const chunk of child.stdout) {
      said += chunk;
      const ready = READY.exec(said);
      if (ready) {
        child.stdout.resume();
        return JSON.parse(ready[0]).adminKey;
      }
    }
    if (this.starts === 1) throw new Error(`the platform did not start: ${said}${failed}`);
    return undefined;
  }

  #endedWith(code, said) {
    if (code !== null && code !== 0) this.failures.push(said.trim().split('\n', 1)[0]);
    return this.#stopping ? undefined : this.start();
  }

  /** Process id of its PostgreSQL; 0: none. */
  postmaster() {
    const file = join(this.folder, 'postgres', 'cluster', 'postmaster.pid');
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  }

  /** Answers with the instant of the kill, in milliseconds since 1970: what is sent after it can only be accepted by the next process. */
  async kill(withPostgres) {
    const postmaster = this.postmaster();
    const victims = withPostgres ? [postmaster, ...await childrenOf(postmaster)] : [];
    for (const pid of [...victims, this.#child.pid]) try { process.kill(pid, 'SIGKILL'); } catch { /* it had ended */ }
    return performance.timeOrigin + performance.now();
  }

  async stop() {
    this.#stopping = true;
    this.#child.kill('SIGTERM');
    await this.#ended;
  }

  async verify() {
    const child = spawn(process.execPath, ['--no-warnings', PROGRAM, '--json', '--data', this.folder, 'verify'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [said, complaints] = ['', ''];
    child.stdout.on('data', (chunk) => { said += chunk; });
    child.stderr.on('data', (chunk) => { complaints += chunk; });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`the run has no result: verify ended with ${code}: ${said}${complaints}`);
    return said.trim().split('\n').map((line) => JSON.parse(line)).findLast(({ events }) => events !== undefined);
  }

  /** Whatever still runs of it. */
  end() {
    this.#stopping = true;
    const postmaster = this.postmaster();
    this.#child?.kill('SIGKILL');
    if (postmaster > 0) try { process.kill(postmaster, 'SIGQUIT'); } catch { /* it had ended */ }
  }
}

async function childrenOf(parent) {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(pids.map(async (pid) => Number(/^PPid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1])));
  return pids.filter((_, index) => parents[index] === parent).map(Number);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

function told({ results, sent, memory, report, supervisor: { starts, failures } }) {
  const [alone, both] = [summary(results.process), summary(results.withPostgres)];
  const seconds = (value) => `${value.toFixed(2)} s`;
  return {
    figures: { process: alone, withPostgres: both, sent, restarts: starts - 1, failedStarts: failures, memory, verified: { events: report.events, wallets: report.wallets } },
    lines: [
      `${REDEMPTIONS_PER_SECOND} redemptions a second all the time, ${count(MEMBERS)} members, ${count(report.events)} events; a supervisor starts the platform again at once`,
      `kill -9 of the process to the first accepted redemption: ${described(alone, seconds)}   (goal ≤ 5 s)`,
      `kill -9 of the process and its PostgreSQL: ${described(both, seconds)}   (goal ≤ 10 s)`,
      `  ${starts - 1} restarts, ${failures.length} of them failed and were made again${failures.length > 0 ? ` (“${failures[0]}”)` : ''}`,
      `  ${count(sent.redemptions)} redemptions, ${count(sent.acceptedAtOnce)} accepted at once; all sent again with their keys: the first answers to the letter, each point spent once; verified`,
      `  ${sent.cutOff} were cut off by a kill; sent again until accepted, the last took ${sent.cutOffSecondsMax.toFixed(1)} s`,
      `  memory after the last restart: ${memoryText({ platform: memory.platform, postgres: memory.postgres })} MiB`,
    ],
  };
}
