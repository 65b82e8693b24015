import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';
import { SERVICES, serviceOf } from './routes.mjs';

/**
 * Whole looks at all services, one after the other, that must find nothing under way before a sandbox counts
 * as settled.
 */
const QUIET_ROUNDS = 2;
/** A sandbox that is not settled by then has a consumer that stands still. */
const SETTLE_MS_MAX = 5 * 60_000;
/** Pause between looks, in milliseconds. */
const LOOK_EVERY_MS = 20;
/** Milliseconds after which a service that was asked how it is counts as not ready. */
const PROBE_MS_MAX = 3_000;
/** Requests to one service at the same time; more wait here. */
const CONNECTIONS_MAX = 256;

const problem = (reply, { status, code, title }) => reply.code(status).type('application/problem+json')
  .send({ type: 'about:blank', title, status, code, traceId: reply.request.id });

const NOBODY = { status: 404, code: 'notFound', title: 'Nothing answers there' };
const unavailable = (title) => ({ status: 503, code: 'serviceUnavailable', title });

const pathOf = (request) => request.url.split('?', 1)[0];

/**
 * One front door for the services of this machine: routes by path, joins health and documentation, and moves
 * the sandbox clock of all of them.
 * @param {{ urlOf(service: string): string | undefined, host: string, port: number, sandbox?: { moved(to: number): void } }} parts
 *   `urlOf`: where a service answers now, undefined while it does not
 */
export async function openGateway({ urlOf, host, port, sandbox }) {
  const app = fastify({
    logger: false, bodyLimit: 2 ** 40, requestTimeout: 3_600_000, keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
  });
  addHealth(app, urlOf);
  addProblems(app, urlOf);
  if (sandbox) addTestClock(app, { urlOf, sandbox });
  await app.register(httpProxy, {
    upstream: '', prefix: '/v1', rewritePrefix: '/v1',
    undici: { connections: CONNECTIONS_MAX, pipelining: 1, headersTimeout: 600_000, bodyTimeout: 600_000 },
    preHandler: (request, reply, done) => {
      const service = serviceOf(pathOf(request));
      if (service === undefined) return problem(reply, NOBODY);
      if (urlOf(service) === undefined) {
        return problem(reply.header('retry-after', '1'), unavailable(`${service} is starting again`));
      }
      return done();
    },
    replyOptions: {
      getUpstream: (request) => urlOf(serviceOf(pathOf(request))),
      // The service may or may not have done what it was asked: the caller repeats it with the same key.
      onError: (reply) => problem(
        reply.header('retry-after', '1'), unavailable('The service went away before it answered')
      ),
    },
  });
  await app.listen({ host, port });
  const { address, port: taken } = app.server.address();
  return {
    url: `http://${address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address}:${taken}`,
    close: () => app.close(),
  };
}

/** A problem's `type` is followed to whichever service declares the code. */
function addProblems(app, urlOf) {
  app.get('/problems/:code', async (request, reply) => {
    const { accept, 'accept-language': language } = request.headers;
    for (const url of SERVICES.map(urlOf).filter(Boolean)) {
      const answer = await fetch(`${url}/problems/${encodeURIComponent(request.params.code)}`, {
        headers: { ...(accept && { accept }), ...(language && { 'accept-language': language }) },
        signal: AbortSignal.timeout(PROBE_MS_MAX),
      }).catch(() => undefined);
      if (answer?.ok) return reply.type(answer.headers.get('content-type')).send(await answer.text());
    }
    return problem(reply, NOBODY);
  });
}

function addHealth(app, urlOf) {
  const probe = async (service, path) => {
    const url = urlOf(service);
    if (url === undefined) return { status: 'unavailable' };
    return fetch(
      `${url}${path}`, { signal: AbortSignal.timeout(PROBE_MS_MAX) }
    ).then((answer) => answer.json(), () => ({ status: 'unavailable' }));
  };
  app.get('/livez', () => ({ status: 'ok' }));
  for (const path of ['/readyz', '/startupz']) {
    app.get(path, async (_request, reply) => {
      const reports = await Promise.all(
        SERVICES.map(async (service) => [service, await probe(service, path)])
      );
      const ready = reports.every(([, report]) => report.status === 'ok');
      return reply.code(ready ? 200 : 503).send({
        status: ready ? 'ok' : 'unavailable', services: Object.fromEntries(reports),
      });
    });
  }
  app.get(
    '/openapi.json',
    async () => joined(
      (await Promise.all(SERVICES.map((service) => probe(service, '/openapi.json')))).filter(
        ({ paths }) => paths
      )
    )
  );
  app.get('/docs', (_request, reply) => reply.type('text/html').send(
    `<title>Trébol</title><h1>Trébol</h1><p><a href="/openapi.json">openapi.json</a></p><ul>${
      SERVICES.map((service) => `<li><a href="${urlOf(service) ?? ''}/docs">${service}</a></li>`).join('')}</ul>`));
}

/**
 * One document of all services; the paths are disjoint but for probes and members, whose methods are joined.
 */
function joined(documents) {
  const [first] = documents;
  if (first === undefined) {
    return { openapi: '3.0.0', info: { title: 'Trébol', version: '0.1.0' }, paths: {} };
  }
  const paths = {};
  for (const [path, methods] of documents.flatMap((document) => Object.entries(document.paths))) {
    paths[path] = { ...paths[path], ...methods };
  }
  const schemas = Object.assign({}, ...documents.map(({ components }) => components?.schemas));
  return { ...first, paths, components: { ...first.components, schemas } };
}

/**
 * The clock of every service, moved together; the answer comes when all of them have booked what was due, and
 * what that caused.
 */
function addTestClock(app, { urlOf, sandbox }) {
  const ask = async (service, path, { headers, body }) => {
    const answer = await fetch(`${urlOf(service)}/v1/test-clock/${path}`, {
      method: 'POST', body: JSON.stringify(body ?? {}),
      headers: {
        'content-type': 'application/json',
        ...(headers.authorization ? { authorization: headers.authorization } : {}),
        'accept-language': headers['accept-language'] ?? 'en',
      },
    });
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.json() };
  };
  const settled = async (request) => {
    const deadline = performance.now() + SETTLE_MS_MAX;
    for (let quiet = 0; quiet < QUIET_ROUNDS;) {
      let all = true;
      for (const service of SERVICES) {
        const { status, body } = await ask(service, 'settle', { headers: request.headers });
        if (status !== 200) return { status, type: 'application/problem+json', body };
        all &&= body.quiet;
      }
      quiet = all ? quiet + 1 : 0;
      if (performance.now() > deadline) {
        throw new Error('the platform does not settle: a consumer stands still; see /readyz and the logs');
      }
      if (!all) await new Promise((done) => { setTimeout(done, LOOK_EVERY_MS); });
    }
    const { body } = await ask(SERVICES[0], 'settle', { headers: request.headers });
    return { status: 200, type: 'application/json', body: { now: body.now, quiet: true } };
  };
  const answer = (reply, { status, type, body }) => reply.code(status).type(type).send(body);

  app.post('/v1/test-clock/settle', async (request, reply) => answer(reply, await settled(request)));
  app.post('/v1/test-clock/advance', async (request, reply) => {
    // The first one says whether the caller may and whether the instant is one; only then are the others
    // moved.
    for (const service of SERVICES) {
      const moved = await ask(service, 'advance', request);
      if (moved.status !== 200) return answer(reply, moved);
    }
    sandbox.moved(Date.parse(request.body.to));
    return answer(reply, await settled(request));
  });
}
