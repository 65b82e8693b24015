import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { fixedClock, freshDatabase, sequentialIds } from '@trebol/testing';
import type { DataSource } from 'typeorm';
import { openDataSource } from '../database/open-data-source.ts';
import { Documented } from '../http/documented.ts';
import { createHttpApplication } from '../http/http-application.ts';
import { undocumentedRoutes } from '../http/open-api.ts';
import { Health } from '../lifecycle/health.ts';
import { CreateApiKey } from './access.migration.ts';
import { ApiKeys } from './api-keys.ts';
import { keysModule } from './keys.controller.ts';
import { RequireScope } from './route-scope.ts';
import { scopes, undeclaredScopes } from './scopes.ts';

@Controller('v1/clovers')
class CloversController {
  @Get()
  @RequireScope('clovers:read')
  @Documented({ summary: 'Clovers', answers: { 200: null } })
  list(): object {
    return {};
  }
}

@Module({ controllers: [CloversController] })
class CloversModule {}

describe('API keys over HTTP', () => {
  const clock = fixedClock('2026-03-01T08:00:00Z');
  let database: { url: string; drop(): Promise<void> };
  let dataSource: DataSource;
  let app: NestFastifyApplication;
  const held: Record<string, string> = {};

  beforeAll(async () => {
    database = await freshDatabase();
    dataSource = await openDataSource({ url: database.url, schema: 'access', migrations: [CreateApiKey], poolMax: 2, applicationName: 'keys-spec' });
    const keys = new ApiKeys({ dataSource, clock, ids: sequentialIds() });
    const make = async (name: string, of: { scopes: string[]; storeId?: string; tenant?: string }) => {
      held[name] = (await keys.create({ tenant: 'main', name, kind: 'test', ...of })).key;
    };
    await make('admin', { scopes: ['*'] });
    await make('keeper', { scopes: ['keys:admin', 'till:read'] });
    await make('store keeper', { scopes: ['*'], storeId: 's1' });
    await make('till', { scopes: ['till:read'] });
    await make('foreign', { scopes: ['*'], tenant: 'other' });
    const module = { module: class Platform {}, imports: [CloversModule, keysModule(keys)] };
    app = await createHttpApplication(module, {
      ids: sequentialIds(1000), access: { keys }, health: new Health(clock), logger: false, documentation: { title: 'x', version: '1' },
    });
    await app.init();
  });

  afterAll(async () => {
    await app.close();
    await dataSource.destroy();
    await database.drop();
  });

  const call = async (method: 'GET' | 'POST' | 'DELETE', url: string, more: { as?: string; body?: object } = {}) => {
    const answer = await app.inject({
      method, url, headers: { authorization: `Bearer ${held[more.as ?? 'admin'] ?? more.as ?? ''}` }, ...(more.body === undefined ? {} : { payload: more.body }),
    });
    return { status: answer.statusCode, body: (answer.body === '' ? {} : JSON.parse(answer.body)) as Record<string, unknown>, text: answer.body };
  };
  const wanted = { name: 'till 7', kind: 'live', scopes: ['till:read', 'points:spend'], storeId: 's1' };

  it('given a new key, when it is made while the platform runs, then it works at once, and no later answer shows its text', async () => {
    const made = await call('POST', '/v1/keys', { body: wanted });
    expect(made).toMatchObject({ status: 201, body: { keyId: expect.stringMatching(/^key_/), key: expect.stringMatching(/^trb_live_/) } });
    const key = String(made.body['key']);
    expect((await call('GET', '/v1/clovers', { as: key })).status).toBe(403);
    const listed = await call('GET', '/v1/keys');
    expect((listed.body['items'] as object[])[0]).toEqual({
      keyId: made.body['keyId'], prefix: key.slice(0, 14), name: 'till 7', scopes: ['till:read', 'points:spend'], storeId: 's1',
      createdAt: '2026-03-01T08:00:00.000Z', expiresAt: null, revokedAt: null,
    });
    expect(listed.text).not.toContain(key);
  });

  it('given a key that ends, when its instant comes, then it is refused to the millisecond, and the list has it under all only', async () => {
    const made = await call('POST', '/v1/keys', { body: { ...wanted, name: 'short', scopes: ['clovers:read'], expiresAt: '2026-03-01T10:00:30+02:00' } });
    const key = String(made.body['key']);
    const names = async (query: string) => ((await call('GET', `/v1/keys${query}`)).body['items'] as { name: string }[]).map(({ name }) => name);
    expect((await call('GET', '/v1/clovers', { as: key })).status).toBe(200);
    clock.advance(29_999);
    expect((await call('GET', '/v1/clovers', { as: key })).status).toBe(200);
    expect(await names('')).toContain('short');
    clock.advance(1);
    expect(await call('GET', '/v1/clovers', { as: key })).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await names('')).not.toContain('short');
    expect(await names('?state=all')).toContain('short');
  });

  it('given a key in use, when it is revoked, then it ends at once; a second time, or by another tenant, there is none', async () => {
    const made = await call('POST', '/v1/keys', { body: { ...wanted, scopes: ['clovers:read'] } });
    const url = `/v1/keys/${String(made.body['keyId'])}`;
    const key = String(made.body['key']);
    expect((await call('GET', '/v1/clovers', { as: key })).status).toBe(200);
    expect(await call('DELETE', url, { as: 'foreign' })).toMatchObject({ status: 404, body: { code: 'keyNotFound' } });
    expect(await call('DELETE', url)).toMatchObject({ status: 204, text: '' });
    expect((await call('GET', '/v1/clovers', { as: key })).status).toBe(401);
    expect((await call('DELETE', url)).status).toBe(404);
    expect((await call('GET', '/v1/keys', { as: 'foreign' })).body['items']).toHaveLength(1);
  });

  it.each([
    ['a scope nobody asks for', { scopes: ['till:reed'] }, 422, 'unknownScope'],
    ['a scope that is none', { scopes: ['everything'] }, 422, 'invalidRequest'],
    ['no scope', { scopes: [] }, 422, 'invalidRequest'],
    ['a scope twice', { scopes: ['till:read', 'till:read'] }, 422, 'invalidRequest'],
    ['an empty store', { storeId: '' }, 422, 'invalidRequest'],
    ['a store of spaces', { storeId: '  ' }, 422, 'invalidRequest'],
    ['no name', { name: ' ' }, 422, 'invalidRequest'],
    ['an end that has passed', { expiresAt: '2026-03-01T07:59:59Z' }, 422, 'invalidRequest'],
    ['another tenant', { tenant: 'other' }, 422, 'invalidRequest'],
  ])('given %s, then no key is made', async (_name, change, status, code) => {
    expect(await call('POST', '/v1/keys', { body: { ...wanted, ...change } })).toMatchObject({ status, body: { code } });
  });

  it('given callers of less, then they make no key of more: not other scopes, not another store, not at all without keys:admin', async () => {
    expect(await call('POST', '/v1/keys', { as: 'keeper', body: { ...wanted, scopes: ['*'] } }))
      .toMatchObject({ status: 403, body: { code: 'scopeNotHeld', scope: '*' } });
    expect((await call('POST', '/v1/keys', { as: 'keeper', body: { ...wanted, scopes: ['till:read'] } })).status).toBe(201);
    expect(await call('POST', '/v1/keys', { as: 'store keeper', body: { ...wanted, storeId: 's2' } }))
      .toMatchObject({ status: 422, body: { errors: [{ pointer: '/storeId' }] } });
    for (const method of ['GET', 'POST'] as const) {
      expect(await call(method, '/v1/keys', { as: 'till' })).toMatchObject({ status: 403, body: { scope: 'keys:admin' } });
    }
  });

  it('given the only administrator, when they end their own key, then it is refused', async () => {
    const all = (await call('GET', '/v1/keys?limit=100')).body['items'] as { keyId: string; name: string }[];
    const own = all.find(({ name }) => name === 'admin')?.keyId ?? '';
    expect(await call('DELETE', `/v1/keys/${own}`)).toMatchObject({ status: 409, body: { code: 'keyInUse' } });
  });

  it('given more keys than a page, then pages follow one another without repeating or leaving out any', async () => {
    const all = (await call('GET', '/v1/keys?limit=100')).body;
    const seen: unknown[] = [];
    for (let next: string | null = ''; next !== null;) {
      const page: Record<string, unknown> = (await call('GET', `/v1/keys?limit=2${next === '' ? '' : `&cursor=${next}`}`)).body;
      seen.push(...page['items'] as unknown[]);
      next = page['next'] as string | null;
    }
    expect([seen, all['next']]).toEqual([all['items'], null]);
  });

  it('given the routes of this application, then what they ask for and answer is documented, and strange scopes are named', () => {
    expect(undocumentedRoutes(app)).toEqual([]);
    expect(undeclaredScopes(app)).toEqual(['clovers:read']);
    expect(new Set(scopes).size).toBe(scopes.length);
  });
});
