import { PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';

/** A controller method that answers HTTP. */
export interface ControllerRoute {
  readonly controller: Function;
  readonly name: string;
  readonly handler: Function;
}

/** A parameter of a controller method: what it is taken from (Nest's RouteParamtypes or a custom factory) and its pipes. */
export interface RouteArgument {
  readonly kind: string;
  readonly data: unknown;
  readonly pipes: readonly unknown[];
  readonly factory: unknown;
}

/** An application, or what stands for it inside one (`ModuleRef`). */
export interface Composition {
  get(token: typeof ModulesContainer, options: { strict: boolean }): ModulesContainer;
}

/** All HTTP routes of the controllers in the application; handlers of messages are none. */
export function routesOf(app: Composition): readonly ControllerRoute[] {
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  const controllers = modules.flatMap((module) => [...module.controllers.values()].map(({ metatype }) => metatype));
  return controllers.flatMap((controller) => (typeof controller === 'function' ? routesOfController(controller) : []));
}

function routesOfController(controller: Function): ControllerRoute[] {
  const prototype = controller.prototype as object;
  const routes: ControllerRoute[] = [];
  for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
    const handler: unknown = Reflect.get(prototype, name);
    if (typeof handler !== 'function' || Reflect.getMetadata(PATH_METADATA, handler) === undefined) continue;
    routes.push({ controller, name, handler });
  }
  return routes;
}

/** The decorated parameters of a route. */
export function argumentsOf(route: ControllerRoute): readonly RouteArgument[] {
  const recorded = (Reflect.getMetadata(ROUTE_ARGS_METADATA, route.controller, route.name) ?? {}) as
    Record<string, { data?: unknown; pipes?: readonly unknown[]; factory?: unknown }>;
  return Object.entries(recorded).map(([key, argument]) => ({
    kind: key.split(':')[0] ?? '',
    data: argument.data,
    pipes: argument.pipes ?? [],
    factory: argument.factory,
  }));
}
