import { SetMetadata } from '@nestjs/common';
import { type Composition, routesOf } from '../http/routes.ts';

const SCOPE = 'trebol:scope';
const PUBLIC = 'trebol:public';

/** The scope a key needs for this route, such as `members:write`. Every route has this or `@PublicRoute()`. */
export const RequireScope = (scope: string): MethodDecorator & ClassDecorator => SetMetadata(SCOPE, scope);

/** A route that anybody may call: health and documentation. */
export const PublicRoute = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true);

type Handler = Function;

/** What a route demands; the method's own word goes before its class's. `undefined`: it says nothing and is refused. */
export function demandOf(handler: Handler, controller: Handler): { scope: string } | 'public' | undefined {
  for (const target of [handler, controller]) {
    const scope: unknown = Reflect.getMetadata(SCOPE, target);
    if (typeof scope === 'string') return { scope };
    if (Reflect.getMetadata(PUBLIC, target) === true) return 'public';
  }
  return undefined;
}

/**
 * Walks all HTTP routes of the application and throws when one names no scope (default deny is of no use when it is found in
 * production). Called by `createHttpApplication`.
 */
export function assertAllRoutesScoped(app: Composition): void {
  const silent = routesOf(app).filter((route) => demandOf(route.handler, route.controller) === undefined);
  if (silent.length === 0) return;
  const names = silent.map((route) => `  ${route.controller.name}.${route.name}`).join('\n');
  throw new Error(`routes without @RequireScope(...) or @PublicRoute():\n${names}`);
}
