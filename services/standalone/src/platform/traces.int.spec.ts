import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freshDatabase, recordSpans } from '@trebol/testing';
import pg from 'pg';
import { openPlatform } from './open-platform.ts';
import type { Platform } from './platform.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const traceparentOf = (span: string, trace = TRACE): string => `00-${trace}-${span.padStart(16, '0')}-01`;
const recording = recordSpans({ http: true });
const RATED = 'process trebol.earning.ticket-rated.v1';

let base: string;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let platform: Platform;
let keys = 0;

async function ask(method: string, path: string, body: unknown, traceparent?: string): Promise<Record<string, string>> {
  const answer = await fetch(`${platform.url}${path}`, {
    method, body: JSON.stringify(body), headers: {
      authorization: `Bearer ${platform.adminKey ?? ''}`, 'content-type': 'application/json', 'idempotency-key': `trace-${keys += 1}`,
      ...(traceparent === undefined ? {} : { traceparent }),
    },
  });
  const said = await answer.json() as Record<string, string>;
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(said)}`);
  return said;
}

const sale = (sequence: string, card: string) => ({
  type: 'sale', storeId: 'm1', workstationId: '1', businessDay: '2026-02-10', sequence, occurredAt: '2026-02-10T12:00:00+01:00',
  currency: 'EUR', identification: { kind: 'card', value: card }, lines: [{ line: 1, sku: 'A', quantity: 1, amount: 1_000 }],
});
const enrol = (card: string, traceparent?: string) =>
  ask('POST', '/v1/members', { name: 'Ana', identifiers: [{ kind: 'card', value: card }] }, traceparent);

const named = (name: string) => recording.spans().filter((span) => span.name === name);
const idOf = (span: { spanContext(): { spanId: string } } | undefined) => span?.spanContext().spanId;
/** Where spans of this name come from: their parent, or what they link to. */
const originsOf = (name: string) =>
  named(name).flatMap(({ parentSpanContext, links }) => [parentSpanContext?.spanId, ...links.map((link) => link.context.spanId)]);

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'trebol-traces-'));
  database = await freshDatabase();
  platform = await openPlatform({
    dataFolder: join(base, 'data'), databaseUrl: database.url, host: '127.0.0.1', port: 0, open: false, logLevel: 'silent', create: true,
    sandboxFrom: Date.parse('2026-02-10T11:30:00Z'), firstKey: true,
  });
  await ask('PUT', '/v1/stores/m1', { name: 'Madrid 1', zone: 'Europe/Madrid', currency: 'EUR', country: 'ES' });
  await enrol('2900000000018');
  await ask('POST', '/v1/test-clock/settle', {});
});
afterAll(async () => {
  await platform.stop();
  recording.stop();
  await database.drop();
  await rm(base, { recursive: true, force: true });
});
beforeEach(() => recording.reset());

describe('a trace through the platform', () => {
  it('given a ticket of a till that traces, then it is one trace from the request to the balance and to the topic that marketing reads', async () => {
    await ask('POST', '/v1/transactions', sale('1', '2900000000018'), traceparentOf('a1'));
    await ask('POST', '/v1/test-clock/settle', {});
    await eventually(() => named(RATED).length > 0 && named('commit project wallets').length > 0);
    const [request] = recording.spans().filter(({ parentSpanContext }) => parentSpanContext?.spanId === '00000000000000a1');
    const [rated] = named('rate tickets');
    const [posted] = named('post tickets');
    expect(rated?.parentSpanContext?.spanId).toBe(idOf(request));
    expect(posted?.parentSpanContext?.spanId).toBe(idOf(rated));
    for (const name of ['project wallets', 'commit project wallets', 'publish points', 'append events']) {
      expect([name, originsOf(name)]).toEqual([name, [idOf(posted)]]);
    }
    expect(originsOf(RATED)).toEqual([idOf(rated)]);
    expect(named(RATED).map((span) => span.spanContext().traceId)).toEqual([TRACE]);
  });

  it('given tickets of many tills at once, then each till\'s request is the parent of a batch or linked from it, and so is what comes after', async () => {
    const tills = Array.from({ length: 12 }, (_, till) => traceparentOf(`b${till + 10}`, `${till + 10}`.repeat(16)));
    await Promise.all(tills.map((traceparent, till) => ask('POST', '/v1/transactions', sale(`many-${till}`, '2900000000018'), traceparent)));
    await ask('POST', '/v1/test-clock/settle', {});
    const rated = named('rate tickets');
    const requests = recording.spans().filter(({ parentSpanContext }) => tills.some((till) => till.includes(parentSpanContext?.spanId ?? '?')));
    await eventually(() => rated.every((span) => originsOf(RATED).includes(idOf(span))));
    expect(requests).toHaveLength(tills.length);
    expect(originsOf('rate tickets')).toEqual(expect.arrayContaining(requests.map(idOf)));
    expect(originsOf('post tickets')).toEqual(rated.map(idOf));
    for (const name of ['append events', 'project wallets']) expect(originsOf(name)).toEqual(expect.arrayContaining(named('post tickets').map(idOf)));
    // One till is alone, the others share a batch: that one belongs to no till's trace, and names them all.
    expect(rated.some(({ parentSpanContext, links }) => parentSpanContext === undefined && links.length > 1)).toBe(true);
  });

  it('given a member who is enrolled, then every service that hears of it is in the trace of that request', async () => {
    await enrol('2900000000025', traceparentOf('c1'));
    await ask('POST', '/v1/test-clock/settle', {});
    const heard = 'process trebol.member.changed.v1';
    await eventually(() => named(heard).length >= 3);
    const [request] = recording.spans().filter(({ parentSpanContext }) => parentSpanContext?.spanId === '00000000000000c1');
    expect(new Set(originsOf(heard))).toEqual(new Set([idOf(request)]));
    expect(new Set(named(heard).map(({ attributes }) => attributes['messaging.consumer.group.name'])).size).toBeGreaterThanOrEqual(3);
  });

  it('given a till that redeems, then the event is in the trace of its request, and so are its messages', async () => {
    const { memberId } = await ask('POST', '/v1/transactions', sale('3', '2900000000018'));
    await ask('POST', '/v1/redemptions', { memberId, points: 1 }, traceparentOf('d1'));
    await ask('POST', '/v1/test-clock/settle', {});
    const [request] = recording.spans().filter(({ parentSpanContext }) => parentSpanContext?.spanId === '00000000000000d1');
    await eventually(() => originsOf('publish points').includes(idOf(request)));
    expect(originsOf('project wallets')).toContain(idOf(request));
  });

  it('given traces, then nothing else is kept of them: a column for a batch or a change, the last member of an event\'s metadata', async () => {
    const pool = new pg.Client(database.url);
    await pool.connect();
    const { rows: [kept] } = await pool.query(`SELECT
      (SELECT count(*) FROM earning.rating_batch WHERE traceparent LIKE '00-%-01')::int AS batches,
      (SELECT count(*) FROM enrollment.outbox WHERE traceparent LIKE '00-%-01')::int AS changes,
      (SELECT count(*) FROM event_store.event WHERE metadata LIKE '{"c":"%","t":"00-%-01"}')::int AS events`);
    await pool.end();
    expect(Object.values(kept as Record<string, number>).every((count) => count > 0)).toBe(true);
  });
});
