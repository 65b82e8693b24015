// A whole platform on a bench's database: stores and members put into it, tickets made and imported.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identifierToken, systemClock } from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { openBus } from '@trebol/messaging';
import { openPlatform } from '@trebol/standalone';
import { seeded, zipf } from './measure.mjs';

export const TICKETS_PER_ROUND = 20_000;
export const STORES = 20;
const TENANT = 'main';
const POLL_MS = 10;
const DAY_MS = 86_400_000;

export const cardOf = (member) => String(5_000_000 + member);
export const memberIdOf = (member) => `mbr_${String(member).padStart(32, '0')}`;
/** Yesterday: late enough for every rule, and no bus takes it for history. */
export const yesterday = () => new Date(systemClock.now() - DAY_MS).toISOString().slice(0, 10);
export const count = (value) => value.toLocaleString('en-GB');
export const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;

/** @param {{ dataFolder: string, url: string, busUrl?: string, eventStoreUrl?: string }} places */
export const openBenchPlatform = ({ dataFolder, url, busUrl, eventStoreUrl }) => openPlatform({
  dataFolder, databaseUrl: url, busUrl, eventStoreUrl, create: true, host: '127.0.0.1', port: 0, open: false, logLevel: 'error',
  sandboxFrom: undefined,
});

/** The workload of the goals: Zipf 1.0 over members, three lines a ticket, 2 % sent twice, 0.1 % unreadable, 1 % out of order. */
export function workload(seed, members, { tickets = TICKETS_PER_ROUND, day = '2026-03-01' } = {}) {
  const random = seeded(seed);
  const member = zipf(members, random);
  return (round) => {
    const lines = [];
    for (let index = 0; index < tickets; index += 1) {
      const amounts = [1, 2, 3].map(() => 100 + Math.floor(random() * 5_000));
      lines.push(random() < 0.001 ? '{"type":"sale","broken"' : JSON.stringify({
        type: 'sale', storeId: `bench-${Math.floor(random() * STORES)}`, workstationId: '1', businessDay: day,
        sequence: `${round + 2}-${index}`, occurredAt: `${day}T12:00:00+01:00`,
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
  const answer = await fetch(`${url}${path}`, {
    method, body, headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': type } : {}), ...headers },
    ...(body && typeof body !== 'string' ? { duplex: 'half' } : {}),
  });
  if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

export async function putStores(served) {
  const body = (store) => JSON.stringify({ name: `Bench ${store}`, zone: 'Europe/Madrid', currency: 'EUR', country: 'ES' });
  for (let store = 0; store < STORES; store += 1) await call(served, `PUT /v1/stores/bench-${store}`, { body: body(store) });
}

/** Stores over HTTP; members as enrollment would tell of them, straight on their topic: thousands of enrolments a second instead of hundreds. */
export async function prepare(served, { busUrl, dataFolder, members }) {
  await putStores(served);
  const key = await readFile(join(dataFolder, 'identifier.key'));
  const bus = await openBus({ url: busUrl, clock: systemClock, topics: Object.values(topics), clientId: 'bench' });
  try {
    await bus.publish(Array.from({ length: members }, (_, member) => memberMessage(member, key)));
  } finally {
    await bus.close();
  }
}

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

/** One sale for each member: points to redeem, as an import. */
export const pointsFor = (members, euros) => Array.from({ length: members }, (_, member) => JSON.stringify({
  type: 'sale', storeId: 'bench-1', workstationId: '1', businessDay: '2026-03-01', sequence: String(member + 1),
  occurredAt: '2026-03-01T12:00:00+01:00', currency: 'EUR', identification: { kind: 'card', value: cardOf(member) },
  lines: [{ line: 1, sku: 'S', quantity: 1, amount: euros * 100 }],
}));

/** Imports a file of tickets; answers when they are rated and posted. */
export async function importFile(served, file) {
  const { importId } = await call(served, 'POST /v1/imports?format=ndjson&history=true', { body: createReadStream(file), type: 'application/x-ndjson' });
  return finished(served, importId);
}

async function finished(served, importId) {
  for (;;) {
    const job = await call(served, `GET /v1/imports/${importId}`);
    if (job.state === 'done') return job;
    if (job.state === 'failed') throw new Error(JSON.stringify(job.failure));
    await new Promise((done) => { setTimeout(done, POLL_MS); });
  }
}

/** Verifies and answers with the report; a difference means that the run has no result. */
export async function verified(platform) {
  const report = await platform.verify();
  if (report.differences.length > 0) throw new Error(`the run has no result: ${report.differences.join('; ')}`);
  return report;
}
