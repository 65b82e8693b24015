/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Delete, Get, HttpCode, Inject, Module, Param, Post, Query, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { fixedClock, freshDatabase, sequentialIds } from '@trebol/testing';
import type { FastifyReply } from 'fastify';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { CreateApiKey } from '../auth/access.migration.ts';
import { ApiKeys } from '../auth/api-keys.ts';
import { Caller } from '../auth/caller.ts';
import { PublicRoute, RequireScope } from '../auth/route-scope.ts';
import { openDataSource } from '../database/open-data-source.ts';
import { answered, IdempotencyKey } from '../idempotency/idempotency-key.ts';
import { idempotencyMigration } from '../idempotency/idempotency.migration.ts';
import { IdempotencyStore } from '../idempotency/idempotency-store.ts';
import { Health } from '../lifecycle/health.ts';
import { Lang, type Language } from '../problems/language.ts';
import { Problem } from '../problems/problem.ts';
import { validated } from '../validation/validated.ts';
import { Documented, files } from './documented.ts';
import { createHttpApplication } from './http-application.ts';
import { undocumentedRoutes } from './open-api.ts';

const hold = z.strictObject({
  memberId: z.string(), points: z.int().min(1), lines: z.array(z.strictObject({ sku: z.string() })).optional(),
});
const page = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(50) });
const created = z.strictObject({ holdId: z.string() });
const STORE = Symbol('IdempotencyStore');

@Controller('v1/holds')
class HoldsController {
  readonly #store: IdempotencyStore;
  #made = 0;

  constructor(@Inject(STORE) store: IdempotencyStore) {
    this.#store = store;
  }

  @Post()
  @RequireScope('holds:write')
  @Documented({ summary: 'Hold points', answers: { 201: created } })
  async create(
    @Caller() caller: Caller,
    @IdempotencyKey() key: string,
    @Body(validated(hold)) body: z.output<typeof hold>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const request = { tenant: caller.tenant, operation: 'holds.create', key, body };
    return answered(reply, await this.#store.run(request, () => Promise.resolve({ status: 201, body: { holdId: `hld_${++this.#made}` } })));
  }

  @Get()
  @RequireScope('holds:read')
  list(@Query(validated(page)) query: z.output<typeof page>, @Lang() lang: Language): object {
    return { limit: query.limit, lang };
  }

  @Get(':id')
  @RequireScope('holds:read')
  one(@Param('id', validated(z.string().regex(/^hld_\d+$/))) id: string): object {
    if (id === 'hld_0') throw new Problem('overloaded', { retryAfterSeconds: 3 });
    if (id === 'hld_9') throw new Error('secret of the house');
    if (id === 'hld_8') z.object({ a: z.string() }).parse({});
    return { id };
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireScope('holds:write')
  remove(): void {
    // Answers 204.
  }

  @Post('file')
  @HttpCode(200)
  @RequireScope('holds:write')
  async file(@Body() file: Readable): Promise<object> {
    let bytes = 0;
    for await (const chunk of file as AsyncIterable<Buffer>) bytes += chunk.length;
    return { bytes };
  }

  @Post(':id/release')
  @HttpCode(200)
  @RequireScope('holds:write')
  release(@Param('id') id: string): object {
    return { id, released: true };
  }

  @Post(':id/capture')
  @HttpCode(200)
  @RequireScope('holds:write')
  @Documented({ summary: 'Spend a hold', answers: { 200: files(['text/csv'], 'what was spent') }, problems: ['memberNotFound', 'inFlight'] })
  capture(@Body(validated(z.strictObject({ points: z.int().optional() }))) body: { points?: number | undefined }): object {
    return { points: body.points ?? 'all' };
  }

  @Get('whoami/public')
  @PublicRoute()
  nobody(@Caller() caller: Caller): object {
    return caller;
  }
}

describe('an HTTP application', () => {
  const clock = fixedClock('2026-03-01T08:00:00Z');
  let database: { url: string; drop(): Promise<void> };
  const sources: DataSource[] = [];
  let app: NestFastifyApplication;
  let key = '';
  let reader = '';

  const holdsModule = (store: IdempotencyStore) => {
    @Module({ controllers: [HoldsController], providers: [{ provide: STORE, useValue: store }] })
    class HoldsModule {}
    return HoldsModule;
  };

  beforeAll(async () => {
    database = await freshDatabase();
    const open = (schema: string, migrations: readonly Function[]) =>
      openDataSource({ url: database.url, schema, migrations, poolMax: 2, applicationName: 'http-spec' });
    sources.push(await open('access', [CreateApiKey]), await open('redemption', [idempotencyMigration('redemption')]));
    const [access, redemption] = sources;
    if (access === undefined || redemption === undefined) throw new Error('not opened');
    const keys = new ApiKeys({ dataSource: access, clock, ids: sequentialIds() });
    const of = (scopes: string[]) => keys.create({ tenant: 'main', name: 'spec', kind: 'test', scopes });
    key = (await of(['*'])).key;
    reader = (await of(['holds:read'])).key;
    app = await createHttpApplication(holdsModule(new IdempotencyStore(redemption, clock)), {
      ids: sequentialIds(1000), access: { keys }, health: new Health(clock), logger: false, bodyLimitBytes: 1000,
      streamedTypes: ['text/csv'], documentation: { title: 'Spec', version: '1' },
    });
    await app.init();
  });

  afterAll(async () => {
    await app.close();
    await Promise.all(sources.map((source) => source.destroy()));
    await database.drop();
  });

  type More = { headers?: Record<string, string>; payload?: string };
  const call = async (method: 'GET' | 'POST' | 'DELETE' | 'PUT', url: string, more: More = {}) => {
    const answer = await app.inject({ method, url, ...more, headers: { authorization: `Bearer ${key}`, ...more.headers } });
    const body = (answer.body === '' ? undefined : JSON.parse(answer.body)) as Record<string, unknown>;
    return { status: answer.statusCode, headers: answer.headers, text: answer.body, body };
  };
  const post = (payload: unknown, headers: Record<string, string> = {}) => call('POST', '/v1/holds', {
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });

  describe('refuses what it cannot read', () => {
    it('given unknown fields, then 422 with a pointer for each, in the caller\'s language', async () => {
      const answer = await post({ memberId: 'm', points: 0, poinst: 1, lines: [{ sku: 'a', x: 1 }] }, { 'accept-language': 'es-ES' });
      expect(answer.status).toBe(422);
      expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json', 'content-language': 'es' });
      expect(answer.body).toMatchObject({
        type: '/problems/invalidRequest', code: 'invalidRequest', title: 'La petición no es válida', status: 422,
        errors: [
          { pointer: '/points', message: 'Tiene que ser 1 como mínimo' },
          { pointer: '/lines/0/x', message: 'Campo desconocido' },
          { pointer: '/poinst', message: 'Campo desconocido' },
        ],
      });
    });

    it('given the same in English, then the words are English', async () => {
      const answer = await post({ memberId: 'm', points: 1, x: 1 }, { 'accept-language': 'en' });
      expect(answer.body).toMatchObject({ title: 'The request is not valid', errors: [{ pointer: '/x', message: 'Unknown field' }] });
    });

    it('given unknown or wrong query and path values, then the pointer says where', async () => {
      const answer = await call('GET', '/v1/holds?limit=500&offset=3');
      expect(answer.body['errors']).toMatchObject([{ pointer: '/query/limit' }, { pointer: '/query/offset' }]);
      expect((await call('GET', '/v1/holds?limit=1&limit=2')).status).toBe(422);
      expect((await call('GET', '/v1/holds/nonsense')).body['errors']).toMatchObject([{ pointer: '/path/id' }]);
    });

    it.each([
      ['text that is no JSON', '{"a":', {}, 400, 'malformedJson'],
      ['JSON that poisons prototypes', '{"__proto__":{"x":1}}', {}, 400, 'forbiddenKey'],
      ['JSON that names a constructor', '{"a":{"constructor":{"prototype":1}}}', {}, 400, 'forbiddenKey'],
      ['nothing', '', {}, 400, 'bodyMissing'],
      ['the value null', 'null', {}, 422, 'invalidRequest'],
      ['a body over the limit', JSON.stringify({ a: 'x'.repeat(1000) }), {}, 413, 'bodyTooLarge'],
      ['plain text', 'a', { 'content-type': 'text/plain' }, 415, 'unsupportedMediaType'],
      ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupportedMediaType'],
      ['no idempotency key', '{"memberId":"m","points":1}', { 'idempotency-key': '' }, 400, 'idempotencyKeyMissing'],
      ['a key that is none', '{"memberId":"m","points":1}', { 'idempotency-key': 'a b' }, 422, 'invalidRequest'],
    ])('given %s, then it is a problem', async (_name, payload, headers, status, code) => {
      const answer = await post(payload, headers);
      expect({ status: answer.status, code: answer.body['code'], type: answer.headers['content-type'] })
        .toEqual({ status, code, type: 'application/problem+json' });
      if (status === 413) expect(answer.body['limitBytes']).toBe(1000);
    });

    it.each([
      ['JSON that is empty', { 'content-type': 'application/json' }],
      ['JSON with a charset that is empty', { 'content-type': 'application/json; charset=utf-8' }],
      ['no type', {}],
    ])('given a route that needs no body, when %s is sent, then it is done', async (_name, headers) => {
      expect(await call('POST', '/v1/holds/hld_1/release', { headers })).toMatchObject({ status: 200, body: { released: true } });
      expect(await call('POST', '/v1/holds/hld_1/capture', { headers })).toMatchObject({ status: 200, body: { points: 'all' } });
    });

    it('given a path where nothing is, then 404; with a wrong method, 405 and what is allowed', async () => {
      expect(await call('GET', '/v1/nothing')).toMatchObject({ status: 404, body: { code: 'notFound' } });
      expect(await call('GET', '/v1/%zz', { headers: { 'x-request-id': 'r1', 'accept-language': 'es' } })).toMatchObject({
        status: 400, headers: { 'content-type': 'application/problem+json', 'x-request-id': 'r1', 'x-frame-options': 'DENY' },
        body: { code: 'unreadableRequest', traceId: 'r1', title: 'La petición no se puede leer' },
      });
      expect(await call('GET', `/v1/holds/${'x'.repeat(300)}`)).toMatchObject({ status: 404, body: { code: 'notFound' } });
      expect(await call('POST', '/v1/holds', { headers: { 'idempotency-key': 'k' } })).toMatchObject({ status: 400, body: { code: 'bodyMissing' } });
      expect(await call('PUT', '/v1/holds/hld_1'))
        .toMatchObject({ status: 405, headers: { allow: 'DELETE, GET, HEAD' }, body: { code: 'methodNotAllowed' } });
    });
  });

  describe('asks who is calling', () => {
    const unknown = `Bearer trb_test_${'a'.repeat(43)}`;
    it.each([['no header', {}], ['another scheme', { authorization: 'Basic x' }], ['an unknown key', { authorization: unknown }]])(
      'given %s, then 401', async (_name, headers) => {
        const answer = await app.inject({ method: 'GET', url: '/v1/holds', headers });
        expect(answer.statusCode).toBe(401);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
        expect(answer.json()).toMatchObject({ code: 'unauthenticated' });
      });

    it('given a key without the scope, then 403 that names it; with the scope, 200', async () => {
      const headers = { authorization: `Bearer ${reader}` };
      expect(await post({ memberId: 'm', points: 1 }, headers))
        .toMatchObject({ status: 403, body: { code: 'forbidden', scope: 'holds:write' } });
      expect(await call('GET', '/v1/holds', { headers })).toMatchObject({ status: 200, body: { limit: 50 } });
    });

    it('given a public route, then there is no caller', async () => {
      expect(await call('GET', '/v1/holds/whoami/public')).toMatchObject({ status: 401 });
    });
  });

  describe('does things once', () => {
    it('given the same key and body twice, then the same answer, marked as a replay; with another body, 422', async () => {
      const first = await post({ memberId: 'm', points: 1 }, { 'idempotency-key': 'once' });
      const second = await post({ points: 1, memberId: 'm' }, { 'idempotency-key': 'once' });
      expect([first.status, second.status, second.text]).toEqual([201, 201, first.text]);
      expect([first.headers['idempotency-replayed'], second.headers['idempotency-replayed']]).toEqual([undefined, 'true']);
      expect(await post({ memberId: 'm', points: 2 }, { 'idempotency-key': 'once' }))
        .toMatchObject({ status: 422, body: { code: 'idempotencyConflict' } });
    });
  });

  describe('answers', () => {
    it('given a fault, then 500 tells nothing of it and carries the trace', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const answer = await call('GET', '/v1/holds/hld_9', { headers: { traceparent } });
      expect(answer).toMatchObject({ status: 500, body: { code: 'internal', traceId: '0af7651916cd43dd8448eb211c80319c' } });
      expect(answer.text).not.toMatch(/secret|stack/);
    });

    it('given a schema that a handler applies itself, then its objections are a 422', async () => {
      expect(await call('GET', '/v1/holds/hld_8')).toMatchObject({ status: 422, body: { errors: [{ pointer: '/a' }] } });
    });

    it('given overload, then 503 says when to come back', async () => {
      expect(await call('GET', '/v1/holds/hld_0'))
        .toMatchObject({ status: 503, headers: { 'retry-after': '3' }, body: { retryAfterSeconds: 3 } });
    });

    it('given a request id, then it is echoed and names the trace; nonsense or none is replaced', async () => {
      expect(await call('GET', '/v1/x', { headers: { 'x-request-id': 'till-7.42' } }))
        .toMatchObject({ headers: { 'x-request-id': 'till-7.42' }, body: { traceId: 'till-7.42' } });
      expect((await call('GET', '/v1/holds', { headers: { 'x-request-id': 'a\tb' } })).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('given any answer, then it may not be cached, framed or sniffed', async () => {
      expect((await call('GET', '/v1/holds')).headers)
        .toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' });
    });

    it('given a file of a type that is streamed, then a handler reads it whatever its size', async () => {
      expect(await call('POST', '/v1/holds/file', { headers: { 'content-type': 'text/csv' }, payload: 'x'.repeat(50_000) }))
        .toMatchObject({ status: 200, body: { bytes: 50_000 } });
    });

    it('given Accept-Language, then a handler knows it', async () => {
      expect((await call('GET', '/v1/holds', { headers: { 'accept-language': 'es' } })).body['lang']).toBe('es');
    });

    it('given no key, then probes answer', async () => {
      for (const url of ['/livez', '/readyz', '/startupz']) expect((await app.inject({ url })).statusCode).toBe(200);
    });
  });

  describe('documents itself', () => {
    it('given its routes, then the document shows bodies, parameters, scopes and answers from the schemas in use', async () => {
      type Document = { openapi: string; paths: Record<string, Record<string, unknown>> };
      const document = (await app.inject({ url: '/openapi.json' })).json<Document>();
      expect(document.openapi).toMatch(/^3\.0/);
      expect(Object.keys(document.paths).toSorted()).toEqual([
        '/v1/holds', '/v1/holds/file', '/v1/holds/whoami/public', '/v1/holds/{id}', '/v1/holds/{id}/capture', '/v1/holds/{id}/release',
      ]);
      expect(document.paths['/v1/holds']?.['post']).toMatchObject({
        operationId: 'Holds.create', summary: 'Hold points', description: 'Scope: `holds:write`', security: [{ bearer: [] }],
        parameters: [{ name: 'Idempotency-Key', in: 'header' }],
        requestBody: { content: { 'application/json': { schema: { required: ['memberId', 'points'], additionalProperties: false } } } },
        responses: { 201: { content: { 'application/json': { schema: { properties: { holdId: { type: 'string' } } } } } }, default: {} },
      });
      expect(document.paths['/v1/holds']?.['get']).toMatchObject({ parameters: [{ name: 'limit', in: 'query', required: false }] });
      expect(document.paths['/v1/holds/{id}']?.['get']).toMatchObject({ parameters: [{ name: 'id', in: 'path', required: true }] });
    });

    it('given what a route asks for, then its refusals are documented by themselves, one answer for each status, with its own beside', async () => {
      type Answers = Record<string, { description: string; content?: Record<string, { schema: { allOf?: [unknown, { properties: { code: { enum: string[] } } }] } }> }>;
      const document = (await app.inject({ url: '/openapi.json' })).json<{ paths: Record<string, Record<string, { responses: Answers; requestBody?: unknown }>> }>();
      const codes = (path: string, method: string) => Object.fromEntries(Object.entries(document.paths[path]?.[method]?.responses ?? {})
        .map(([status, answer]) => [status, answer.content?.['application/problem+json']?.schema.allOf?.[1].properties.code.enum]));
      expect(codes('/v1/holds', 'post')).toEqual({
        201: undefined, 400: ['bodyMissing', 'malformedJson', 'forbiddenKey', 'idempotencyKeyMissing'], 401: ['unauthenticated'], 403: ['forbidden'], 409: ['inFlight'],
        413: ['bodyTooLarge'], 415: ['unsupportedMediaType'], 422: ['invalidRequest', 'idempotencyConflict'], default: undefined,
      });
      expect(codes('/v1/holds/{id}/capture', 'post')).toMatchObject({ 400: ['malformedJson', 'forbiddenKey'], 404: ['memberNotFound'], 409: ['inFlight'] });
      expect(codes('/v1/holds/whoami/public', 'get')).not.toHaveProperty('401');
      expect(document.paths['/v1/holds/{id}/capture']?.['post']).toMatchObject({
        requestBody: { required: false }, responses: { 200: { content: { 'text/csv': { schema: { format: 'binary' } } } } },
      });
      expect(document).toMatchObject({ components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } } });
      expect(JSON.stringify(document)).not.toContain('JWT');
    });

    it('given routes that do not say what they answer or read, then they are named', () => {
      expect(undocumentedRoutes(app)).toEqual([
        'Holds.list: summary, answers', 'Holds.one: summary, answers', 'Holds.remove: summary, answers', 'Holds.file: summary, answers, body',
        'Holds.release: summary, answers', 'Holds.nobody: summary, answers',
      ]);
    });

    it('given /docs, then there is a page and its scripts', async () => {
      const html = await app.inject({ url: '/docs' });
      expect([html.statusCode, (await app.inject({ url: '/docs/swagger-ui-bundle.js' })).statusCode]).toEqual([200, 200]);
      expect(html.headers['content-security-policy']).toContain("script-src 'self'");
    });
  });
});

describe('open mode', () => {
  @Controller('v1/me')
  class MeController {
    @Get()
    @RequireScope('anything')
    me(@Caller() caller: Caller): Caller {
      return caller;
    }
  }

  it.each([[true, 200], [false, 401]])('given open mode %p, when this machine calls without a key, then %d', async (open, status) => {
    @Module({ controllers: [MeController] })
    class MeModule {}
    const app = await createHttpApplication(MeModule, {
      ids: sequentialIds(), access: { keys: { verify: () => Promise.resolve(undefined) }, open }, health: new Health(fixedClock(0)),
      logger: false, documentation: { title: 'x', version: '1' },
    });
    await app.init();
    expect((await app.inject({ url: '/v1/me' })).statusCode).toBe(status);
    expect((await app.inject({ url: '/v1/me', headers: { authorization: 'Bearer nonsense' } })).statusCode).toBe(401);
    await app.close();
  });
});

describe('a route without a scope', () => {
  @Controller('v1/leak')
  class LeakController {
    @Get()
    @RequireScope('x')
    fine(): string {
      return '';
    }

    @Get('all')
    leak(): string {
      return '';
    }
  }

  it('given one among others, then the application does not start and the error names it', async () => {
    @Module({ controllers: [LeakController] })
    class LeakModule {}
    const clock = fixedClock(0);
    await expect(createHttpApplication(LeakModule, {
      ids: sequentialIds(), access: { keys: { verify: () => Promise.resolve(undefined) } }, health: new Health(clock), logger: false,
      documentation: { title: 'x', version: '1' },
    })).rejects.toThrow(/LeakController\.leak$/);
  });
});
