import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@trebol/testing';
import { endLeftOver, serveDistributed, type Served } from './testing/platform-process.ts';
import { buses } from './testing/shapes.ts';

/** A span as an exporter sends it, with the service that sent it. */
interface Sent {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly links?: readonly { readonly spanId: string }[];
}
interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Sent, 'service'>[] }[];
  }[];
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
/** Production's bus where it can be had here. */
const BUS = buses.at(-1) ?? 'postgres';
const CARD = '2900000000018';
const PERSON = { name: 'Zubizarreta', email: 'zubi@example.org', phone: '+34600112233' };
/** Exporters send every five seconds, and at the end. */
const SENT_MS_MAX = 30_000;
const SERVICES = ['enrollment', 'earning', 'redemption', 'ledger', 'segmentation'] as const;
/** Figures that every process has from its beginning, and those of one service. */
const OF_EVERY = ['process_resident_memory_bytes', 'nodejs_eventloop_delay_p99_seconds', 'trebol_build_info', 'trebol_database_connections'];
const OF_ONE: Readonly<Record<string, readonly string[]>> = {
  enrollment: ['trebol_bus_published_total'],
  earning: ['trebol_tickets_total', 'trebol_bus_batch_messages', 'trebol_bus_dead_letters', 'trebol_bus_lag_messages', 'trebol_event_store_appends_total'],
  redemption: ['trebol_event_store_appends_total', 'trebol_event_store_batch_streams', 'trebol_bus_lag_messages'],
  ledger: ['trebol_points_issued_total', 'trebol_points_redeemed_total', 'trebol_projection_lag_events', 'trebol_projection_lag_seconds', 'trebol_projection_batch_events'],
  segmentation: ['trebol_bus_batch_messages', 'trebol_bus_lag_messages', 'trebol_bus_batch_duration_seconds'],
};

describe(`telemetry of separate processes over ${BUS}`, () => {
  const bodies: string[] = [];
  const collector = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); });
    request.on('end', () => {
      bodies.push(body);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  let base: string;
  let served: Served;

  const spans = (): readonly Sent[] => bodies.filter((body) => body.includes('resourceSpans')).flatMap((body) =>
    (JSON.parse(body) as Exported).resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
      return scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service })));
    }));
  const ours = (name: string) => spans().filter((span) => span.traceId === TRACE && span.name === name);
  const ask = async (method: string, path: string, body: unknown, traceparent?: string): Promise<Record<string, string>> => {
    const answer = await fetch(`${served.url}${path}`, {
      method, body: JSON.stringify(body), headers: {
        authorization: `Bearer ${served.key}`, 'content-type': 'application/json', 'idempotency-key': `telemetry-${path}`,
        ...(traceparent === undefined ? {} : { traceparent }),
      },
    });
    return await answer.json() as Record<string, string>;
  };

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'trebol-telemetry-'));
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    served = await serveDistributed(base, ['--bus', BUS, '--clock', '2026-02-10T11:30:00Z'], undefined, {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '500', LOG_LEVEL: 'trace',
    });
    await ask('PUT', '/v1/stores/m1', { name: 'Madrid 1', zone: 'Europe/Madrid', currency: 'EUR', country: 'ES' });
    await ask('POST', '/v1/members', { ...PERSON, identifiers: [{ kind: 'card', value: CARD }] });
    await ask('POST', '/v1/test-clock/settle', {});
  }, 180_000);
  afterAll(async () => {
    served.process.child.kill('SIGTERM');
    await served.process.ended;
    collector.close();
    await endLeftOver(base);
    await rm(base, { recursive: true, force: true });
  }, 60_000);

  it('given a ticket of a till that traces, then three processes are in its trace: the request, the wallet, the balance, the facts', async () => {
    const { memberId } = await ask('POST', '/v1/transactions', {
      type: 'sale', storeId: 'm1', workstationId: '1', businessDay: '2026-02-10', sequence: '1', occurredAt: '2026-02-10T12:00:00+01:00', currency: 'EUR',
      identification: { kind: 'card', value: CARD }, lines: [{ line: 1, sku: 'A', quantity: 1, amount: 10_000 }],
    }, `00-${TRACE}-00000000000000a1-01`);
    await ask('POST', '/v1/redemptions', { memberId, points: 7 });
    await ask('POST', '/v1/test-clock/settle', {});
    const processed = 'process trebol.earning.ticket-rated.v1';
    const wanted = ['rate tickets', 'post tickets', 'append events', 'project wallets', 'publish points', processed];
    await eventually(() => wanted.every((name) => ours(name).length > 0), 'the trace is whole', SENT_MS_MAX);
    const [request] = spans().filter(({ traceId, parentSpanId }) => traceId === TRACE && parentSpanId === '00000000000000a1');
    const [rated] = ours('rate tickets');
    const [posted] = ours('post tickets');
    expect([request?.service, rated?.parentSpanId, posted?.parentSpanId]).toEqual(['earning', request?.spanId, rated?.spanId]);
    expect(wanted.slice(2).map((name) => [name, ours(name)[0]?.service, ours(name)[0]?.parentSpanId])).toEqual([
      ['append events', 'earning', posted?.spanId], ['project wallets', 'ledger', posted?.spanId],
      ['publish points', 'ledger', posted?.spanId], [processed, 'segmentation', rated?.spanId],
    ]);
  }, 120_000);

  it('given each process, then its /metrics has the figures of every process and its own', async () => {
    for (const service of SERVICES) {
      const url = served.services[service]?.url ?? '';
      const page = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${served.key}` } })).text();
      const lacking = [...OF_EVERY, ...OF_ONE[service] ?? []].filter((name) => !new RegExp(`^${name}(_count)?[{ ]`, 'm').test(page));
      expect([service, lacking]).toEqual([service, []]);
    }
  });

  it('given people, cards and keys in requests that are answered, refused and unreadable, then neither logs at their loudest nor spans name them', async () => {
    await fetch(`${served.url}/v1/members?identifier=phone:${encodeURIComponent(PERSON.phone)}`, { headers: { authorization: `Bearer ${served.key}` } });
    await fetch(`${served.url}/v1/members`, { headers: { authorization: 'Bearer trb_live_wrongwrongwrongwrong' } });
    await ask('POST', '/v1/members', { ...PERSON, identifiers: [{ kind: 'card', value: CARD }], unknown: PERSON.email });
    await fetch(`${served.url}/v1/transactions`, {
      method: 'POST', body: `{"identification": "${CARD}", "${PERSON.email}`, headers: { authorization: `Bearer ${served.key}`, 'content-type': 'application/json' },
    });
    await ask('POST', '/v1/test-clock/settle', {});
    const logs = join(base, 'logs');
    const written = await Promise.all((await readdir(logs)).map(async (file) => readFile(join(logs, file), 'utf8')));
    const all = [...written, served.process.stderr, ...bodies].join('\n');
    expect(written.join('').length).toBeGreaterThan(1_000);
    for (const secret of [served.key, 'wrongwrong', CARD, PERSON.email, PERSON.phone, '600112233', PERSON.name]) expect(all).not.toContain(secret);
    expect(all).not.toMatch(/Bearer (?!\[redacted\])/);
  }, 60_000);
});
