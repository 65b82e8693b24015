import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiKeys, createHttpApplication, Health, systemClock, systemIds, undeclaredScopes, undocumentedRoutes } from '@trebol/chassis';
import { freshDatabase } from '@trebol/testing';
import { codesOf, OpenApiReader, PROBLEM } from '../testing/open-api-reader.ts';
import { CONSUMER_GROUPS } from '../operations/consumer-groups.ts';
import { Caller, TOUR_POINTS, TOUR_TICKETS, tourSurface } from '../testing/surface-tour.ts';
import { composition } from './compose.ts';
import { openDataFolder } from './data-folder.ts';
import { openPlatform } from './open-platform.ts';
import { openStores } from './open-stores.ts';
import type { Platform, PlatformOptions } from './platform.ts';

const NOON = Date.parse('2026-02-10T11:00:00Z');

describe('the public surface of all services', () => {
  let base: string;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  const options = (name: string): PlatformOptions => ({
    dataFolder: join(base, name), databaseUrl: database.url, host: '127.0.0.1', port: 0, open: false, logLevel: 'silent', create: true,
    sandboxFrom: NOON, firstKey: true,
  });

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'trebol-surface-'));
    database = await freshDatabase();
  });
  afterAll(async () => {
    await database.drop();
    await rm(base, { recursive: true, force: true });
  });

  it('given every route, then the document says what it reads and answers, and its scope is in the list', async () => {
    const folder = await openDataFolder(join(base, 'composed'), { create: true, sandbox: true });
    const stores = await openStores(options('composed'), folder);
    const health = new Health(stores.clock);
    const keys = new ApiKeys({ dataSource: stores.databases.access, clock: stores.clock, ids: stores.ids });
    const app = await createHttpApplication(composition(stores, { health, keys, settle: () => Promise.resolve(true) }), {
      ids: systemIds(stores.clock), health, access: { keys }, logger: false, documentation: { title: '', version: '' },
    });
    expect(undocumentedRoutes(app)).toEqual([]);
    expect(undeclaredScopes(app)).toEqual([]);
    await app.close();
    await stores.close();
    await folder.release();
  });

  describe('served', () => {
    let platform: Platform;
    let caller: Caller;
    let reader: OpenApiReader;

    beforeAll(async () => {
      await database.drop();
      database = await freshDatabase();
      platform = await openPlatform(options('served'));
      caller = new Caller(platform.url, platform.adminKey ?? '');
      reader = new OpenApiReader(await (await fetch(`${platform.url}/openapi.json`)).json() as never);
    });
    afterAll(() => platform.stop());

    it('given the document, then each operation has an id of its own, a scope, its refusals by code, and the shape of its answer', () => {
      const operations = [...reader.operations];
      expect(operations.length).toBeGreaterThanOrEqual(50);
      expect(new Set(operations.map(([, { operationId }]) => operationId)).size).toBe(operations.length);
      const lacking = operations.flatMap(([name, { operationId, description, responses }]) => {
        const refused = Object.values(responses).flatMap(({ content }) => codesOf(content?.[PROBLEM]?.schema));
        const done = Object.entries(responses).filter(([status]) => status.startsWith('2'));
        return [
          ...(operationId === undefined ? [`${name}: id`] : []),
          ...(/^Scope: `[a-z-]+:[a-z-]+`$/.test(description ?? '') ? [] : [`${name}: scope`]),
          ...(refused.includes('unauthenticated') && refused.includes('forbidden') ? [] : [`${name}: refusals`]),
          ...(done.length > 0 && done.every(([status, { content }]) => status === '204' || shaped(content)) ? [] : [`${name}: answer`]),
        ];
      });
      expect(lacking).toEqual([]);
    });

    it('given a tour of every operation, then each answer, and each refusal, is one that the document promises', async () => {
      await tourSurface(caller);
      expect(caller.exchanges.flatMap((exchange) => reader.objections(exchange))).toEqual([]);
      const done = new Set(caller.exchanges.filter(({ status }) => status < 300).map((exchange) => reader.nameOf(exchange)));
      expect([...reader.operations.keys()].filter((name) => !done.has(name))).toEqual([]);
    }, 60_000);

    it('given that tour, then GET /metrics has its points and tickets, each counted once, and nothing is behind', async () => {
      await platform.settled();
      const page = await (await fetch(`${platform.url}/metrics`, { headers: { authorization: `Bearer ${caller.apiKey}` } })).text();
      const figures = figuresOf(page);
      const { earned, adjusted, cancelled, redeemed, captured, reversed, feeCharged, feeWaived } = TOUR_POINTS;
      expect(figures('trebol_points_issued_total')).toEqual({
        purchase: earned, adjustment: adjusted, cancellation: cancelled, feeWaiver: feeWaived,
      });
      expect(figures('trebol_points_redeemed_total')).toEqual({ redemption: redeemed, hold: captured, cardFee: feeCharged });
      expect(figures('trebol_points_reversed_total')).toEqual({ '': reversed });
      // A year later all that was left has expired: issued = redeemed + reversed + expired.
      expect(figures('trebol_points_expired_total')).toEqual({
        '': earned + adjusted + cancelled + feeWaived - redeemed - captured - feeCharged - reversed,
      });
      expect(figures('trebol_tickets_total')).toEqual(TOUR_TICKETS);
      expect(figures('trebol_projection_lag_events')).toEqual({ 'read-models': 0, 'points-publisher': 0 });
      expect(Object.keys(figures('trebol_projection_batch_events_count')).toSorted()).toEqual(['points-publisher', 'read-models']);
      const [lags, letters] = [figures('trebol_bus_lag_messages'), figures('trebol_bus_dead_letters')];
      expect([Object.keys(lags).toSorted(), Object.keys(letters).toSorted()]).toEqual([CONSUMER_GROUPS.toSorted(), CONSUMER_GROUPS.toSorted()]);
      expect([...Object.values(lags), ...Object.values(letters)].every((value) => value === 0)).toBe(true);
      expect(figures('trebol_event_store_appends_total')).toMatchObject({ appended: expect.any(Number) });
      expect(figures('trebol_http_problems_total')).toMatchObject({ insufficientPoints: 1, walletFrozen: 1, ticketConflict: 1 });
      expect(page.match(/^trebol_database_connections\{pool="\w+",state="waiting"\} 0$/gm)).toHaveLength(6);
    });

    it('given a sandbox a year ahead of the world, when a command makes its key, then the key is good and ends by the world\'s time', async () => {
      const own = caller.apiKey;
      caller.apiKey = await platform.sessionKey();
      const { items } = await caller.get('/v1/keys') as unknown as { items: { name: string; expiresAt: string }[] };
      caller.apiKey = own;
      const left = Date.parse(items.find(({ name }) => name === 'session')?.expiresAt ?? '') - systemClock.now();
      expect(left / 3_600_000).toBeCloseTo(12, 1);
    });
  });
});

/** Values of a figure on a page of them, by the last of its labels. */
const figuresOf = (page: string) => (name: string): Record<string, number> => Object.fromEntries(
  page.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => [/="([^"]*)"\}/.exec(line)?.[1] ?? '', Number(line.split(' ').at(-1))]));

const shaped = (content: object | undefined): boolean =>
  Object.values(content ?? {}).length > 0 && Object.values(content ?? {}).every(({ schema }: { schema?: object }) =>
    Object.keys(schema ?? {}).length > 0);
