import type { IncomingMessage } from 'node:http';
import type { DynamicModule, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Ids } from '@trebol/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AccessRules, ApiKeyGuard } from '../auth/api-key.guard.ts';
import { assertAllRoutesScoped } from '../auth/route-scope.ts';
import type { Health } from '../lifecycle/health.ts';
import { metricsModule } from '../metrics/metrics.controller.ts';
import { type Metrics, noMetrics } from '../metrics/metrics.ts';
import type { PlatformMetrics } from '../metrics/platform-metrics.ts';
import { answerProblem, ProblemFilter } from '../problems/problem.filter.ts';
import { problemsModule } from '../problems/problems.controller.ts';
import { toProblem } from '../problems/to-problem.ts';
import { answerClientError } from './client-error.ts';
import { healthModule } from './health.controller.ts';
import { readJsonBodies } from './json-body.ts';
import { type DocumentFacts, serveDocumentation } from './open-api.ts';
import { observeRequests } from './request-telemetry.ts';
import { RoutingTable } from './routing-table.ts';
import { DOCUMENTATION_HEADERS, SECURITY_HEADERS } from './security-headers.ts';

/** Largest JSON body by default: a batch of 1,000 tickets of ordinary size fits several times. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** A request must have arrived whole by then; slower ones hold a connection on purpose or by accident. */
const REQUEST_MILLISECONDS_MAX = 30_000;

/** The same where files are uploaded: a day's tickets of a chain over a slow line. */
const UPLOAD_MILLISECONDS_MAX = 3_600_000;

/** Longer than the idle timeout of usual load balancers (60 s), so that they close first and no request meets a closed port. */
const KEEP_ALIVE_MILLISECONDS = 72_000;

/** Longest path parameter: a ticket's transaction key has four names of 40 characters and a date. */
const PATH_PARAMETER_CHARACTERS_MAX = 256;

const REQUEST_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

/** What an HTTP application is made of. */
export interface HttpOptions {
  readonly ids: Ids;
  readonly access: AccessRules;
  readonly health: Health;
  readonly bodyLimitBytes?: number;
  /** Content types handed to controllers as an unread stream, such as `text/csv` for imports: the reader limits it. */
  readonly streamedTypes?: readonly string[];
  /** Nest's logger (see `jsonLogger`); false: silent. */
  readonly logger: LoggerService | false;
  readonly documentation: DocumentFacts;
  /** Figures of this process: adds `GET /metrics` (scope `metrics:read`, or no key with `open`) and times requests. Absent: neither. */
  readonly metrics?: { readonly figures: PlatformMetrics; readonly open?: boolean };
}

class HttpRoot {}

const figuresOf = (options: HttpOptions): Metrics => options.metrics?.figures ?? noMetrics;

/** Modules of the surface that every service has, as far as it was asked for. */
function surfaceModules({ health, metrics }: HttpOptions): DynamicModule[] {
  const { figures, open = false } = metrics ?? {};
  return [healthModule(health), problemsModule(), ...(figures === undefined ? [] : [metricsModule({ page: () => figures.page(), open })])];
}

function fastifyAdapter(options: HttpOptions): FastifyAdapter {
  const uploads = (options.streamedTypes ?? []).length > 0;
  return new FastifyAdapter({
    bodyLimit: options.bodyLimitBytes ?? BODY_BYTES_MAX,
    requestTimeout: uploads ? UPLOAD_MILLISECONDS_MAX : REQUEST_MILLISECONDS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    // Nobody's word is taken for the caller's address; whoever trusts a proxy's headers does it at the ingress.
    trustProxy: false,
    routerOptions: { maxParamLength: PATH_PARAMETER_CHARACTERS_MAX },
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : options.ids.uuid();
    },
    // An address that is no URL meets no route and none of the hooks.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers({ ...SECURITY_HEADERS, 'x-request-id': request.id });
      answerProblem(toProblem(error, { bodyLimitBytes: 0, allowedMethods: () => [] }), request, reply);
    },
    clientErrorHandler: (error, socket) => { answerClientError(error, socket, options.ids.uuid()); },
    // Requests on open connections are still answered while the port closes, with `Connection: close`.
    return503OnClosing: false,
    logger: false,
  });
}

/**
 * While the process stops, a connection ends with the answer in hand. Node would keep it open for the keep-alive time and the
 * server would wait for it; the header tells the caller, and ending the socket covers an answer whose headers had left before.
 */
function endConnectionsWhenStopping(adapter: FastifyAdapter, health: Health): void {
  const fastify = adapter.getInstance();
  // oxlint-disable-next-line max-params -- the callback form is Fastify's; the promise form would cost every answer a promise
  fastify.addHook('onSend', (_request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void) => {
    if (health.stopping) void reply.header('connection', 'close');
    done();
  });
  fastify.addHook('onResponse', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    if (health.stopping) request.raw.socket.end();
    done();
  });
}

function prepare(adapter: FastifyAdapter, options: HttpOptions): RoutingTable {
  const table = new RoutingTable();
  const fastify = adapter.getInstance();
  fastify.addHook('onRoute', (route) => table.add(route));
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    void reply.header('x-request-id', request.id);
    void reply.headers(request.url.startsWith('/docs') ? DOCUMENTATION_HEADERS : SECURITY_HEADERS);
    done();
  });
  endConnectionsWhenStopping(adapter, options.health);
  observeRequests(adapter, figuresOf(options));
  // Fastify reads plain text out of the box; only JSON and what is asked for are accepted here.
  fastify.removeContentTypeParser('text/plain');
  readJsonBodies(fastify);
  if (options.streamedTypes !== undefined && options.streamedTypes.length > 0) {
    fastify.addContentTypeParser([...options.streamedTypes], (_request, payload, done) => done(null, payload));
  }
  return table;
}

/**
 * Makes a Nest application on Fastify with everything of the public surface that is the same for all services: problems,
 * keys and scopes, request ids, probes, documentation. Routes without a scope stop it. It is not yet listening, so that the
 * caller can connect transports first.
 */
export async function createHttpApplication(
  module: Type<unknown> | DynamicModule,
  options: HttpOptions,
): Promise<NestFastifyApplication> {
  const adapter = fastifyAdapter(options);
  const table = prepare(adapter, options);
  const root: DynamicModule = { module: HttpRoot, imports: [module, ...surfaceModules(options)] };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    bodyParser: false,
    abortOnError: false,
    logger: options.logger,
  });
  assertAllRoutesScoped(app);
  app.useGlobalGuards(new ApiKeyGuard(options.access));
  app.useGlobalFilters(new ProblemFilter({
    bodyLimitBytes: options.bodyLimitBytes ?? BODY_BYTES_MAX,
    methodsAt: (path) => table.methodsAt(path),
    metrics: figuresOf(options),
  }));
  serveDocumentation(app, options.documentation);
  return app;
}
