import { type Composition, routesOf } from '../http/routes.ts';
import { EVERY_SCOPE } from './caller.ts';
import { demandOf } from './route-scope.ts';

/**
 * Scopes of the whole surface, whichever process answers a route: a key made in one process is good for all. They are public and never
 * renamed. A new route's scope is added here; until then only keys made in the process that has the route can be given it.
 */
export const scopes: readonly string[] = [
  EVERY_SCOPE,
  'members:read', 'members:write', 'members:erase',
  'transactions:read', 'transactions:write', 'imports:read', 'imports:write', 'stores:read', 'stores:write',
  'rules:read', 'rules:write', 'simulations:read', 'simulations:write',
  'points:read', 'points:spend', 'points:adjust', 'points:approve', 'wallets:freeze', 'wallets:fee', 'wallets:forfeit', 'till:read', 'rewards:read', 'rewards:write',
  'segments:read', 'segments:write', 'exports:read', 'exports:write',
  'keys:admin', 'metrics:read', 'test-clock:write',
];

/** Scopes that the routes of this application ask for. */
export function scopesOfRoutes(app: Composition): ReadonlySet<string> {
  const demands = routesOf(app).map((route) => demandOf(route.handler, route.controller));
  return new Set(demands.flatMap((demand) => (typeof demand === 'object' ? [demand.scope] : [])));
}

/** Those of the wanted scopes that no route of the surface asks for: a key is not made with them. */
export function unknownScopes(app: Composition, wanted: readonly string[]): readonly string[] {
  const here = scopesOfRoutes(app);
  return wanted.filter((scope) => !scopes.includes(scope) && !here.has(scope));
}

/** Scopes that routes of this application ask for and the list does not have; for the test of a composition. */
export function undeclaredScopes(app: Composition): readonly string[] {
  return [...scopesOfRoutes(app)].filter((scope) => !scopes.includes(scope)).toSorted();
}
