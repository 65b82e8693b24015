/** A route as Fastify reports it when it is added. */
export interface AddedRoute {
  readonly method: string | readonly string[];
  readonly url: string;
}

/** Paths and their methods, for answering 405 instead of 404. Only looked at when nothing matched. */
export class RoutingTable {
  readonly #paths = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  add(route: AddedRoute): void {
    // A wildcard belongs to the files of the documentation; it would make every path "exist".
    if (route.url.includes('*')) return;
    const known = this.#paths.get(route.url) ?? { pattern: patternOf(route.url), methods: new Set<string>() };
    for (const method of [route.method].flat()) known.methods.add(method);
    this.#paths.set(route.url, known);
  }

  /** Methods that the path answers to, in alphabetical order; none: there is nothing there. */
  methodsAt(path: string): readonly string[] {
    const found = new Set<string>();
    for (const { pattern, methods } of this.#paths.values()) if (pattern.test(path)) for (const method of methods) found.add(method);
    return [...found].toSorted();
  }
}

function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}
