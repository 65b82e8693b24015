import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiKeys, createHttpApplication, Health, systemIds, undeclaredScopes, undocumentedRoutes } from '@trebol/chassis';
import { freshDatabase } from '@trebol/testing';
import { codesOf, OpenApiReader, PROBLEM } from '../testing/open-api-reader.ts';
import { Caller, tourSurface } from '../testing/surface-tour.ts';
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
      expect(operations.length).toBeGreaterThan(50);
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
  });
});

const shaped = (content: object | undefined): boolean =>
  Object.values(content ?? {}).length > 0 && Object.values(content ?? {}).every(({ schema }: { schema?: object }) =>
    Object.keys(schema ?? {}).length > 0);
