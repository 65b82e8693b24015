import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { demandOf } from '../auth/route-scope.ts';
import { idempotencyKeyOf, optionalIdempotencyKeyOf } from '../idempotency/idempotency-key.ts';
import { type ProblemCode, problemCatalogue } from '../problems/catalogue.ts';
import { mayBeAbsent, ValidatedPipe } from '../validation/validated.ts';
import { documentationOf } from './documented.ts';
import { argumentsOf, type ControllerRoute, type RouteArgument } from './routes.ts';

export const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'traceId'],
  properties: {
    type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' },
    code: { type: 'string' }, traceId: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', required: ['pointer', 'message'], properties: { pointer: { type: 'string' }, message: { type: 'string' } } },
    },
  },
} as const;

const REFERENCE = { $ref: '#/components/schemas/Problem' };

/** What any route may answer when the platform fails, is short of something or stops. */
export const OTHER_PROBLEM = { description: 'Problem (RFC 9457)', content: { 'application/problem+json': { schema: REFERENCE } } };

const codeOneOf = (codes: readonly ProblemCode[]) => ({ type: 'object', properties: { code: { type: 'string', enum: codes } } });

const isBody = ({ kind }: RouteArgument): boolean => kind === String(RouteParamtypes.BODY);

function codesOfArgument(argument: RouteArgument): readonly ProblemCode[] {
  if (argument.factory === idempotencyKeyOf) return ['idempotencyKeyMissing', 'idempotencyConflict', 'inFlight', 'invalidRequest'];
  if (argument.factory === optionalIdempotencyKeyOf) return ['idempotencyConflict', 'inFlight', 'invalidRequest'];
  const pipe = argument.pipes.find((candidate) => candidate instanceof ValidatedPipe);
  const checked: readonly ProblemCode[] = pipe === undefined ? [] : ['invalidRequest'];
  if (!isBody(argument)) return checked;
  const needed: readonly ProblemCode[] = pipe === undefined || mayBeAbsent(pipe.schema) ? [] : ['bodyMissing'];
  return [...checked, ...needed, 'malformedJson', 'forbiddenKey', 'bodyTooLarge', 'unsupportedMediaType'];
}

/** Codes with which a route may refuse: those that follow from what it asks for, and its own. */
export function refusalsOf(route: ControllerRoute): readonly ProblemCode[] {
  const demand = demandOf(route.handler, route.controller);
  const scoped: readonly ProblemCode[] = typeof demand === 'object' ? ['unauthenticated', 'forbidden'] : [];
  const own = documentationOf(route.handler)?.problems ?? [];
  return [...new Set([...scoped, ...argumentsOf(route).flatMap(codesOfArgument), ...own])];
}

/** The refusals of a route as answers, one for each status. An undeclared code is a programming error and throws. */
export function problemAnswers(route: ControllerRoute): Readonly<Record<string, unknown>> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of refusalsOf(route)) {
    const definition = problemCatalogue.get(code);
    if (definition === undefined) throw new Error(`${route.controller.name}.${route.name} documents the undeclared problem ${code}`);
    byStatus.set(definition.status, [...(byStatus.get(definition.status) ?? []), code]);
  }
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, {
    description: codes.map((code) => `\`${code}\`: ${problemCatalogue.get(code)?.en.title ?? ''}`).join('; '),
    content: { 'application/problem+json': { schema: { allOf: [REFERENCE, codeOneOf(codes)] } } },
  }]));
}
