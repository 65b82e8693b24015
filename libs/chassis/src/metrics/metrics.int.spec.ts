import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Param } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { fixedClock, freshDatabase, sequentialIds } from '@trebol/testing';
import type { Caller } from '../auth/caller.ts';
import { RequireScope } from '../auth/route-scope.ts';
import { openDataSource } from '../database/open-data-source.ts';
import { createHttpApplication } from '../http/http-application.ts';
import { Health } from '../lifecycle/health.ts';
import { PlatformMetrics } from './platform-metrics.ts';
import { poolFigures, processFigures } from './process-figures.ts';

const clock = fixedClock(0);
const SCRAPER = `Bearer trb_live_${'s'.repeat(43)}`;
const TILL = `Bearer trb_live_${'t'.repeat(43)}`;

const verify = (key: string): Promise<Caller> =>
  Promise.resolve({ tenant: 'main', keyId: key, scopes: `Bearer ${key}` === SCRAPER ? ['metrics:read'] : ['till:read'] });

@Controller('v1/things')
class ThingsController {
  @Get(':id')
  @RequireScope('till:read')
  one(@Param('id') id: string): object {
    return { id };
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const serve = async (figures: PlatformMetrics | undefined, open = false): Promise<NestFastifyApplication> => {
  const app = await createHttpApplication(ThingsModule, {
    ids: sequentialIds(), access: { keys: { verify } }, health: new Health(clock), logger: false,
    documentation: { title: 'x', version: '1' }, ...(figures === undefined ? {} : { metrics: { figures, open } }),
  });
  await app.init();
  return app;
};

const line = (page: string, start: string): number => Number(page.split('\n').find((candidate) => candidate.startsWith(`${start} `))?.split(' ')[1]);

describe('GET /metrics', () => {
  const figures = new PlatformMetrics(clock);
  let app: NestFastifyApplication;

  beforeAll(async () => { app = await serve(figures); });
  afterAll(() => app.close());

  it.each([['no key', undefined, 401], ['a key of another scope', TILL, 403], ['a scraper\'s key', SCRAPER, 200]])(
    'given %s, then the answer is as for any route: default deny', async (_name, authorization, status) => {
      const answer = await app.inject({ url: '/metrics', headers: authorization === undefined ? {} : { authorization } });
      expect(answer.statusCode).toBe(status);
      if (status === 200) expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    });

  it('given requests to one route with many ids and to paths that are none, then each has one label: the route\'s pattern', async () => {
    for (const url of ['/v1/things/1', '/v1/things/2', '/wp-admin', '/%2e%2e/etc']) await app.inject({ url, headers: { authorization: TILL } });
    clock.advance(5_000);
    const page = (await app.inject({ url: '/metrics', headers: { authorization: SCRAPER } })).body;
    const count = 'trebol_http_request_duration_seconds_count';
    expect(line(page, `${count}{method="GET",route="/v1/things/:id",status="200"}`)).toBe(2);
    expect(line(page, `${count}{method="GET",route="(none)",status="404"}`)).toBe(2);
    expect(line(page, 'trebol_http_problems_total{code="notFound"}')).toBe(2);
    expect(line(page, 'trebol_http_problems_total{code="unauthenticated"}')).toBe(1);
    expect(page).not.toMatch(/wp-admin|things\/1/);
  });

  it('given it is not asked for, then there is no such path; opened, then anybody who reaches the port reads it', async () => {
    const [without, opened] = [await serve(undefined), await serve(new PlatformMetrics(clock), true)];
    const url = '/metrics';
    expect((await without.inject({ url, headers: { authorization: SCRAPER } })).statusCode).toBe(404);
    expect((await opened.inject({ url })).statusCode).toBe(200);
    await without.close();
    await opened.close();
  });
});

describe('figures', () => {
  it('given counters, histograms and gauges, then the page has them with their words, and labels that were never given are absent', async () => {
    const metrics = new PlatformMetrics(clock);
    metrics.count('trebol_points_issued_total', 120, { reason: 'purchase' });
    metrics.count('trebol_points_issued_total', 30, { reason: 'purchase' });
    metrics.observe('trebol_bus_batch_messages', 40, { topic: 't', group: 'g' });
    metrics.gauge('trebol_projection_lag_events', () => [{ value: 7, labels: { projection: 'balance' } }]);
    metrics.gauge('trebol_projection_lag_events', () => Promise.resolve([{ value: 0, labels: { projection: 'entries' } }]));
    const page = await metrics.page();
    expect(page).toContain('# HELP trebol_points_issued_total Points put into wallets\n');
    expect(page).toContain('# TYPE trebol_points_issued_total counter\ntrebol_points_issued_total{reason="purchase"} 150\n');
    expect(page).toContain('trebol_bus_batch_messages_bucket{topic="t",group="g",le="25"} 0\n');
    expect(page).toContain('trebol_bus_batch_messages_bucket{topic="t",group="g",le="50"} 1\n');
    expect(page).toMatch(/trebol_projection_lag_events\{projection="balance"\} 7\ntrebol_projection_lag_events\{projection="entries"\} 0\n/);
    expect(page).not.toContain('trebol_tickets_total');
  });

  it('given gauges of which one throws and one never answers, then the page comes without those two', async () => {
    const metrics = new PlatformMetrics(clock);
    metrics.gauge('trebol_conservation_difference_points', () => [{ value: 0 }]);
    metrics.gauge('trebol_bus_lag_messages', () => { throw new Error('down'); });
    metrics.gauge('trebol_bus_dead_letters', () => new Promise(() => undefined));
    const page = metrics.page();
    clock.advance(2_000);
    expect(await page).toContain('trebol_conservation_difference_points 0\n');
    expect(await page).not.toMatch(/trebol_bus_(lag|dead)/);
  });

  it('given two scrapes within five seconds, then gauges are read once', async () => {
    const metrics = new PlatformMetrics(clock);
    let reads = 0;
    metrics.gauge('trebol_verify_differences', () => [{ value: (reads += 1) }]);
    expect([await metrics.page(), await metrics.page()].map((page) => line(page, 'trebol_verify_differences'))).toEqual([1, 1]);
    clock.advance(5_000);
    expect(line(await metrics.page(), 'trebol_verify_differences')).toBe(2);
  });

  it('given a process and a pool, then their figures are of this process and this pool', async () => {
    const database = await freshDatabase();
    const dataSource = await openDataSource({ url: database.url, schema: 'x', migrations: [], poolMax: 2, applicationName: 'metrics-spec' });
    const metrics = new PlatformMetrics(clock);
    const stop = processFigures(metrics, { service: 'ledger', version: '1.2.3' });
    // It asks the database in the moment of the scrape: no sign of a pool that is too small.
    metrics.gauge('trebol_verify_differences', async () => [{ value: (await dataSource.query<{ n: number }[]>('SELECT 0 AS n'))[0]?.n ?? 1 }]);
    poolFigures(metrics, 'ledger', dataSource);
    await dataSource.query('SELECT 1');
    const page = await metrics.page();
    expect(line(page, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(line(page, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(line(page, 'nodejs_heap_used_bytes')).toBeGreaterThan(0);
    expect(line(page, 'nodejs_eventloop_delay_p99_seconds')).toBeGreaterThanOrEqual(0);
    expect(Math.abs(line(page, 'process_start_time_seconds') - performance.timeOrigin / 1000)).toBeLessThan(1);
    expect(line(page, 'trebol_build_info{service="ledger",version="1.2.3"}')).toBe(1);
    expect(line(page, 'trebol_verify_differences')).toBe(0);
    expect(line(page, 'trebol_database_connections{pool="ledger",state="used"}')).toBe(1);
    expect(line(page, 'trebol_database_connections{pool="ledger",state="waiting"}')).toBe(0);
    stop();
    await dataSource.destroy();
    await database.drop();
  });
});
