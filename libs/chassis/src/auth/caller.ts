import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.ts';

/** Who makes a request, as its key says. */
export interface Caller {
  readonly tenant: string;
  readonly keyId: string;
  readonly scopes: readonly string[];
  /** A key bound to a store speaks only for that store. */
  readonly storeId?: string;
}

/** Scope of the administrator's key: every route. */
export const EVERY_SCOPE = '*';

const callers = new WeakMap<FastifyRequest, Caller>();

/** Remembers who makes a request, for `@Caller()`. */
export function rememberCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

/** `@Caller() caller: Caller` on a scoped route; on a public route it answers 401, because nobody was asked who they are. */
export const Caller: () => ParameterDecorator = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const caller = callers.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (caller === undefined) throw new Problem('unauthenticated');
  return caller;
});
