import { z } from 'zod';

/** What is read of an operation of an OpenAPI 3.0 document. */
export interface Operation {
  readonly operationId?: string;
  readonly description?: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>>;
}

interface Schema {
  readonly allOf?: readonly Schema[];
  readonly properties?: { readonly code?: { readonly enum?: readonly string[] } };
}

/** What somebody asked for and what came back; `body` is undefined where the answer is no JSON. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

export const PROBLEM = 'application/problem+json';

/** Reads a served OpenAPI document as an integrator would: which operation a request is, and whether its answer is one it promises. */
export class OpenApiReader {
  /** By name, such as `GET /v1/holds/{id}`. */
  readonly operations: ReadonlyMap<string, Operation>;
  private readonly shapes = new Map<Schema, z.ZodType>();

  constructor(document: { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }) {
    this.operations = new Map(Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const)));
  }

  /** The operation of a request: of several paths that fit, the one with the fewest parameters. */
  nameOf({ method, path }: Pick<Exchange, 'method' | 'path'>): string | undefined {
    const asked = `${method} ${path.split('?')[0] ?? ''}`;
    return [...this.operations.keys()].filter((name) => patternOf(name).test(asked))
      .toSorted((left, right) => left.split('{').length - right.split('{').length)[0];
  }

  /** What is not as the document says; nothing when all is. */
  objections(exchange: Exchange): readonly string[] {
    const name = this.nameOf(exchange);
    const operation = this.operations.get(name ?? '');
    if (name === undefined || operation === undefined) return [`${exchange.method} ${exchange.path} is not in the document`];
    const media = operation.responses[exchange.status]?.content;
    if (operation.responses[exchange.status] === undefined) return [`${name} answered ${exchange.status}, which it does not document`];
    const of = `${name} ${exchange.status}`;
    if (media === undefined) return exchange.body === undefined ? [] : [`${of} has a body`];
    const [type = ''] = exchange.type.split(';');
    const schema = media[type]?.schema;
    if (schema === undefined) return [`${of} is of type ${type}`];
    return type === PROBLEM ? problemObjections(of, schema, exchange.body) : this.differences(of, schema, exchange.body);
  }

  private differences(of: string, schema: Schema, body: unknown): readonly string[] {
    if (body === undefined) return [];
    const known = this.shapes.get(schema) ?? z.fromJSONSchema(schema as never, { defaultTarget: 'openapi-3.0' });
    this.shapes.set(schema, known);
    return (known.safeParse(body).error?.issues ?? []).map((issue) => `${of} ${issue.path.join('/')}: ${issue.message}`);
  }
}

/** Codes with which the operation says it may refuse. */
export const codesOf = (schema: Schema | undefined): readonly string[] =>
  [schema, ...schema?.allOf ?? []].flatMap((part) => part?.properties?.code?.enum ?? []);

function problemObjections(of: string, schema: Schema, body: unknown): readonly string[] {
  const { code } = body as { code?: string };
  return code !== undefined && codesOf(schema).includes(code) ? [] : [`${of} refused with ${code}, which it does not document`];
}

const patternOf = (name: string): RegExp =>
  new RegExp(`^${name.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
