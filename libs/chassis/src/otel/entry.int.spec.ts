import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '@trebol/testing';

interface SentSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

/** A service in small: answers a request with what PostgreSQL says, then asks itself once and ends. */
const SERVICE = `
  import http from 'node:http';
  import pg from 'pg';
  import { shutdownTelemetry } from '@trebol/chassis/otel';
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
  await pool.query('SELECT 1 AS poller');
  const server = http.createServer(async (request, response) => {
    const { rows } = await pool.query('SELECT $1::text AS asked', [request.url]);
    response.end(rows[0].asked);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  for (const path of ['/livez', '/v1/members?identifier=phone:600112233']) {
    await new Promise((answered) => http.get({ port: server.address().port, host: '127.0.0.1', path }, (response) => response.resume().on('end', answered)));
  }
  server.close();
  await pool.end();
  await shutdownTelemetry();
`;

describe('a process started with --import @trebol/chassis/otel', () => {
  const bodies: string[] = [];
  const paths: string[] = [];
  const collector = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => { body += chunk.toString(); });
    request.on('end', () => {
      bodies.push(body);
      paths.push(request.url ?? '');
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  let database: { url: string; drop(): Promise<void> };

  beforeAll(async () => {
    database = await freshDatabase();
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
  });

  afterAll(async () => {
    collector.close();
    await database.drop();
  });

  const run = async (env: Record<string, string>): Promise<{ code: unknown; output: string }> => {
    const flags = ['--conditions=@trebol/source', '--import', '@trebol/chassis/otel', '--input-type=module', '--eval', SERVICE];
    // In this package's folder, so that its own name and pg are found; from source, so that no build is needed.
    const child = spawn(process.execPath, flags, { cwd: fileURLToPath(new URL('..', import.meta.url)), env: { DATABASE_URL: database.url, ...env } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString(); });
    const [code] = await once(child, 'close') as [unknown];
    return { code, output };
  };

  it('given an endpoint, then a request and its query are one trace, and neither pollers, probes nor people are in it', async () => {
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_SERVICE_NAME: 'enrollment' };
    await expect(run(env)).resolves.toEqual({ code: 0, output: '' });
    const traces = bodies.filter((_, index) => paths[index] === '/v1/traces');
    const spans = traces.flatMap((body) => (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] })
      .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    const server = spans.find((span) => span.name === 'GET');
    const query = spans.find((span) => span.name.startsWith('pg.query'));
    expect([spans.map((span) => span.name), query?.parentSpanId, query?.traceId])
      .toEqual([expect.arrayContaining(['GET']), server?.spanId, server?.traceId]);
    expect(spans.filter((span) => span.name === 'GET')).toHaveLength(1);
    const sent = bodies.join('');
    expect(sent).toContain('enrollment');
    expect(sent).not.toMatch(/600112233|poller|livez/);
  });

  it('given nothing, then nothing is sent and the process runs', async () => {
    bodies.length = 0;
    await expect(run({})).resolves.toEqual({ code: 0, output: '' });
    expect(bodies).toEqual([]);
  });
});
