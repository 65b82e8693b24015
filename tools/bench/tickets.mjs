// Row 2 of the goals: a file of tickets → rated → posted → balances, with read models, topics and facts keeping up, against COPY of the same bytes.
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { identifierToken, systemClock } from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { PostgresBus } from '@trebol/messaging';
import { copyRows } from '@trebol/postgres-bulk';
import { openPlatform } from '@trebol/standalone';
import { profiled } from './profile.mjs';
import { cpuSeconds, described, inTurn, rate, ratio, residentBytes, seeded, summary, zipf } from './measure.mjs';

const TICKETS_PER_ROUND = 20_000;
const TENANT = 'main';
const POLL_MS = 10;
export const cardOf = (member) => String(5_000_000 + member);

/** The workload of the goals: Zipf 1.0 over members, three lines a ticket, 2 % sent twice, 0.1 % unreadable, 1 % out of order. */
function workload(seed, members) {
  const random = seeded(seed);
  const member = zipf(members, random);
  return (round) => {
    const lines = [];
    for (let index = 0; index < TICKETS_PER_ROUND; index += 1) {
      const amounts = [1, 2, 3].map(() => 100 + Math.floor(random() * 5_000));
      lines.push(random() < 0.001 ? '{"type":"sale","broken"' : JSON.stringify({
        type: 'sale', storeId: `bench-${Math.floor(random() * 20)}`, workstationId: '1', businessDay: '2026-03-01', sequence: `${round + 2}-${index}`, occurredAt: '2026-03-01T12:00:00+01:00',
        currency: 'EUR', identification: { kind: 'card', value: cardOf(member()) },
        lines: amounts.map((amount, line) => ({ line: line + 1, sku: `S${Math.floor(random() * 5_000)}`, quantity: 1, amount })),
      }));
      if (random() < 0.02) lines.push(lines.at(-1));
      if (random() < 0.01 && lines.length > 2) lines.push(lines.splice(lines.length - 3, 1)[0]);
    }
    return lines;
  };
}

export const call = async ({ url, key }, route, { body, type = 'application/json', headers = {} } = {}) => {
  const [method, path] = route.split(' ');
  const answer = await fetch(`${url}${path}`, { method, body, headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': type } : {}), ...headers }, ...(body && typeof body !== 'string' ? { duplex: 'half' } : {}) });
  if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

/** Stores over HTTP; members as enrollment would tell of them, straight on their topic: thousands of enrolments a second instead of hundreds. */
export async function prepare(served, { url, dataFolder, members }) {
  for (let store = 0; store < 20; store += 1) await call(served, `PUT /v1/stores/bench-${store}`, { body: JSON.stringify({ name: `Bench ${store}`, zone: 'Europe/Madrid', currency: 'EUR', country: 'ES' }) });
  const key = await readFile(join(dataFolder, 'identifier.key'));
  const bus = await PostgresBus.open({ url, clock: systemClock, topics: Object.values(topics) });
  try {
    await bus.publish(Array.from({ length: members }, (_, member) => memberMessage(member, key)));
  } finally {
    await bus.close();
  }
}

export const memberIdOf = (member) => `mbr_${String(member).padStart(32, '0')}`;

function memberMessage(member, key) {
  const memberId = memberIdOf(member);
  const token = identifierToken(key, TENANT, { kind: 'card', value: cardOf(member) });
  return {
    topic: topics.memberChanged.name, key: memberId, id: `bench-${member}`, tenant: TENANT, time: systemClock.now(),
    value: JSON.stringify({
      memberId, change: 'enrolled', status: 'active', version: 1, enrolledAt: '2026-01-01T00:00:00Z', language: 'es',
      identifiers: [{ kind: 'card', token, status: 'active' }], consents: [],
    }),
  };
}

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchTickets({ url, pid, rounds, seed, profile, members = 20_000 }) {
  const folder = await mkdtemp(join(tmpdir(), 'trebol-bench-'));
  const platform = await openPlatform({ dataFolder: join(folder, 'data'), databaseUrl: url, create: true, host: '127.0.0.1', port: 0, open: false, logLevel: 'error', sandboxFrom: undefined });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const key = await platform.sessionKey();
    const served = { url: platform.url, key };
    await prepare(served, { url, dataFolder: join(folder, 'data'), members });
    await platform.settled();
    await client.query('CREATE TABLE bare_ticket (n int8, body text)');
    const tickets = workload(seed, members);
    let lines = [];
    let cpu = { node: 0, postgres: 0 };
    let counted = 0;
    let peak = 0;
    const importing = [];

    const throughPlatform = async (round) => {
      lines = tickets(round);
      const file = join(folder, `round-${round + 1}.ndjson`);
      await writeFile(file, `${lines.join('\n')}\n`);
      const before = cpuSeconds(pid);
      const began = performance.now();
      let imported = 0;
      const job = await profiled(round < 0 ? undefined : profile, lines.length, async () => {
        const { importId } = await call(served, 'POST /v1/imports?format=ndjson&history=true', { body: createReadStream(file), type: 'application/x-ndjson' });
        const done = await finished(served, importId);
        imported = performance.now() - began;
        await platform.settled();
        return done;
      });
      const seconds = (performance.now() - began) / 1000;
      const after = cpuSeconds(pid);
      if (job.rows.read !== lines.length) throw new Error(`${job.rows.read} rows read of ${lines.length}`);
      peak = Math.max(peak, residentBytes(pid));
      if (round >= 0) { cpu = { node: cpu.node + after.node - before.node, postgres: cpu.postgres + after.postgres - before.postgres }; counted += lines.length; }
      if (round >= 0) importing.push(lines.length / (imported / 1000));
      return lines.length / seconds;
    };
    const copy = async () => {
      const began = performance.now();
      for (let from = 0; from < lines.length; from += 1_000) {
        await copyRows(client, { table: 'public.bare_ticket', columns: [{ name: 'n', type: 'int8' }, { name: 'body', type: 'text' }] }, lines.slice(from, from + 1_000).map((line, index) => [from + index, line]));
      }
      return lines.length / ((performance.now() - began) / 1000);
    };

    const results = await inTurn({ platform: throughPlatform, copy }, rounds);
    const report = await platform.verify();
    if (report.differences.length > 0) throw new Error(`the run has no result: ${report.differences.join('; ')}`);
    const micros = { node: (cpu.node * 1e6) / counted, postgres: (cpu.postgres * 1e6) / counted };
    return told({ members, results, importing, micros, peak, report });
  } finally {
    await client.end();
    await platform.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

export async function finished(served, importId) {
  for (;;) {
    const job = await call(served, `GET /v1/imports/${importId}`);
    if (job.state === 'done') return job;
    if (job.state === 'failed') throw new Error(JSON.stringify(job.failure));
    await new Promise((done) => { setTimeout(done, POLL_MS); });
  }
}

function told({ members, results, importing, micros, peak, report }) {
  const [through, posted, bare, against] = [summary(results.platform), summary(importing), summary(results.copy), ratio(results.platform, results.copy)];
  return {
    figures: { members, platform: through, posted, copy: bare, ratio: against, cpuMicrosecondsPerTicket: micros, residentBytes: peak, verified: report },
    lines: [
      `${members.toLocaleString('en-GB')} members, Zipf; ${TICKETS_PER_ROUND.toLocaleString('en-GB')} tickets a round`,
      `ticket file → rated → posted → balances, topics and facts up to date: ${described(through, rate)}`,
      `  of which rated and posted: ${described(posted, rate)}`,
      `  CPU a ticket: Node ${Math.round(micros.node)} µs + PostgreSQL ${Math.round(micros.postgres)} µs; memory ${Math.round(peak / 2 ** 20)} MiB; verified ${report.events} events`,
      `COPY of the same bytes into a bare table: ${described(bare, rate)}`,
      `ratio: ${described(against, (value) => value.toFixed(3))}   (goal ≥ 0.15)`,
    ],
  };
}
