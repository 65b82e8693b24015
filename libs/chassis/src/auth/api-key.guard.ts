import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.ts';
import type { ApiKeys } from './api-keys.ts';
import { type Caller, EVERY_SCOPE, rememberCaller } from './caller.ts';
import { isOnThisMachine } from './open-access.ts';
import { demandOf } from './route-scope.ts';

/** Who may call. */
export interface AccessRules {
  readonly keys: Pick<ApiKeys, 'verify'>;
  /** `TREBOL_OPEN=1`: callers on this machine need no key and may do everything in tenant `main`. */
  readonly open?: boolean;
}

const OPEN_CALLER: Caller = { tenant: 'main', keyId: 'open', scopes: [EVERY_SCOPE] };

const BEARER = /^Bearer +([^\s]+)$/i;

/** Default deny: a route without a scope is refused, a request without a valid key gets 401, one without the scope 403. */
export class ApiKeyGuard implements CanActivate {
  readonly #rules: AccessRules;

  constructor(rules: AccessRules) {
    this.#rules = rules;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const demand = demandOf(context.getHandler(), context.getClass());
    if (demand === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = await this.#callerOf(request);
    if (caller === undefined) throw new Problem('unauthenticated');
    if (demand === undefined || !holds(caller, demand.scope)) throw new Problem('forbidden', { scope: demand?.scope ?? '' });
    rememberCaller(request, caller);
    return true;
  }

  async #callerOf(request: FastifyRequest): Promise<Caller | undefined> {
    const header = request.headers.authorization;
    if (header !== undefined) {
      const key = BEARER.exec(header)?.[1];
      return key === undefined ? undefined : this.#rules.keys.verify(key);
    }
    return this.#rules.open === true && isOnThisMachine(request) ? OPEN_CALLER : undefined;
  }
}

function holds(caller: Caller, scope: string): boolean {
  return caller.scopes.includes(scope) || caller.scopes.includes(EVERY_SCOPE);
}
