import { trace } from '@opentelemetry/api';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../metrics/metrics.ts';

/** Requests that no route answered share one name: the paths that strangers try are without end. */
const NO_ROUTE = '(none)';

const MILLISECONDS = 1000;

/** The pattern of the route that answers, never the path of the request. */
const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? NO_ROUTE;

/** Names the request's span after its route and records how long it took. */
export function observeRequests(adapter: FastifyAdapter, metrics: Metrics): void {
  const fastify = adapter.getInstance();
  fastify.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    const span = trace.getActiveSpan();
    if (span !== undefined && request.routeOptions.url !== undefined) {
      span.setAttribute('http.route', request.routeOptions.url);
      span.updateName(`${request.method} ${request.routeOptions.url}`);
    }
    done();
  });
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const labels = { method: request.method, route: routeOf(request), status: String(reply.statusCode) };
    metrics.observe('trebol_http_request_duration_seconds', reply.elapsedTime / MILLISECONDS, labels);
    done();
  });
}
