import { HttpException } from '@nestjs/common';
import { z } from 'zod';
import { fieldErrorsOf } from '../validation/field-errors.ts';
import type { ProblemCode } from './catalogue.ts';
import { Problem } from './problem.ts';

/** Where a request went, as far as the words of a refusal need it. */
export interface RequestFacts {
  readonly bodyLimitBytes: number;
  /** Methods that the path answers to; empty when nothing is there. */
  readonly allowedMethods: () => readonly string[];
}

function numberMember(error: unknown, name: string): number | undefined {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** Status of an error that Fastify or Nest made about the request itself; undefined for any other error. */
function statusOfRefusal(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && code.startsWith('FST_ERR_') ? numberMember(error, 'statusCode') : undefined;
}

function nothingThere(facts: RequestFacts): Problem {
  const allowed = facts.allowedMethods();
  return allowed.length === 0 ? new Problem('notFound') : new Problem('methodNotAllowed', { allow: allowed.join(', ') });
}

/** Statuses with which Fastify and Nest refuse a request before a controller sees it; 404, 405 and 414 depend on the path. */
const CODE_BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  400: 'unreadableRequest',
  401: 'unauthenticated',
  403: 'forbidden',
  413: 'bodyTooLarge',
  415: 'unsupportedMediaType',
  429: 'overloaded',
  503: 'overloaded',
};

function problemOfStatus(status: number, facts: RequestFacts, cause: unknown): Problem {
  if (status === 404 || status === 405 || status === 414) return nothingThere(facts);
  const code = CODE_BY_STATUS[status] ?? (status < 500 ? 'unreadableRequest' : 'internal');
  return new Problem(code, code === 'bodyTooLarge' ? { limitBytes: facts.bodyLimitBytes } : {}, { cause });
}

/** The problem that any thrown value means to the caller. What is not a refusal is `internal`: nothing of it is shown. */
export function toProblem(error: unknown, facts: RequestFacts): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof z.core.$ZodError) return new Problem('invalidRequest', { errors: fieldErrorsOf(error) }, { cause: error });
  const status = statusOfRefusal(error);
  return status === undefined ? new Problem('internal', {}, { cause: error }) : problemOfStatus(status, facts, error);
}
