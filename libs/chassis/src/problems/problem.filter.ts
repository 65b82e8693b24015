import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { isSpanContextValid, trace } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Metrics, noMetrics } from '../metrics/metrics.ts';
import { type Language, languageOf } from './language.ts';
import { type Problem, problemDocument } from './problem.ts';
import { toProblem } from './to-problem.ts';

const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** What the filter must know of the application it serves. */
export interface FilterFacts {
  readonly bodyLimitBytes: number;
  /** Methods routed at this path. */
  readonly methodsAt: (path: string) => readonly string[];
  readonly metrics?: Metrics;
}

/** The trace the request belongs to: the running span's, else that of `traceparent`, else the request id. */
export function traceIdOf(request: FastifyRequest): string {
  const span = trace.getActiveSpan()?.spanContext();
  if (span !== undefined && isSpanContextValid(span)) return span.traceId;
  const header = request.headers['traceparent'];
  return (typeof header === 'string' ? TRACE_PARENT.exec(header)?.[1] : undefined) ?? request.id;
}

/** Turns everything thrown while a request is served into an RFC 9457 answer, in the caller's language. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #facts: FilterFacts;
  readonly #log = new Logger(ProblemFilter.name);

  constructor(facts: FilterFacts) {
    this.#facts = facts;
  }

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = toProblem(exception, {
      bodyLimitBytes: this.#facts.bodyLimitBytes,
      allowedMethods: () => this.#facts.methodsAt(pathOf(request.url)),
    });
    (this.#facts.metrics ?? noMetrics).count('trebol_http_problems_total', 1, { code: problem.code });
    const traceId = traceIdOf(request);
    if (problem.code === 'internal') this.#log.error({ err: problem.cause ?? problem, traceId }, 'a request failed');
    // An answer that has begun cannot become another one: the connection is cut, so that the caller sees it is not whole.
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    answerProblem(problem, request, reply);
  }
}

/** Answers a request with a problem in its caller's language; also for what Fastify refuses before Nest sees it. */
export function answerProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
  answer(reply, problem, { language: languageOf(request.headers['accept-language']), traceId: traceIdOf(request) });
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function answer(reply: FastifyReply, problem: Problem, to: { language: Language; traceId: string }): void {
  const document = problemDocument(problem, to.language, to.traceId);
  reply.code(problem.status).header('content-type', 'application/problem+json').header('content-language', to.language);
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds));
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  if (problem.code === 'methodNotAllowed') reply.header('allow', String(problem.details['allow']));
  // Bytes, because Fastify adds a charset to text, which this media type does not have.
  void reply.send(Buffer.from(JSON.stringify(document)));
}
