import { STATUS_CODES } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { demandOf } from '../auth/route-scope.ts';
import { idempotencyKeyOf, optionalIdempotencyKeyOf } from '../idempotency/idempotency-key.ts';
import { ValidatedPipe } from '../validation/validated.ts';
import { documentationOf } from './documented.ts';
import { argumentsOf, type ControllerRoute, type RouteArgument, routesOf } from './routes.ts';

/** Title and version of the document. */
export interface DocumentFacts {
  readonly title: string;
  readonly version: string;
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Parameter = NonNullable<Operation['parameters']>[number];
type Media = { 'application/json': { schema: Record<string, unknown> } };

const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'traceId'],
  properties: {
    type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' },
    code: { type: 'string' }, traceId: { type: 'string' },
    errors: { type: 'array', items: { type: 'object', properties: { pointer: { type: 'string' }, message: { type: 'string' } } } },
  },
} as const;

const PROBLEM_ANSWER = {
  description: 'Problem (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

const idempotencyKey = (required: boolean): Parameter =>
  ({ name: 'Idempotency-Key', in: 'header', required, schema: { type: 'string', minLength: 1, maxLength: 255 } });

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  return { ...z.toJSONSchema(schema, { target: 'openapi-3.0', io, unrepresentable: 'any', reused: 'inline' }) };
}

function mediaOf(schema: z.ZodType, io: 'input' | 'output'): Media {
  return { 'application/json': { schema: schemaOf(schema, io) } };
}

function pipeSchema(argument: RouteArgument): z.ZodType | undefined {
  return argument.pipes.find((pipe): pipe is ValidatedPipe => pipe instanceof ValidatedPipe)?.schema;
}

/** One parameter for a named argument, one per member for an object of them. */
function parametersOf(argument: RouteArgument, place: 'query' | 'path'): Parameter[] {
  const zod = pipeSchema(argument);
  if (typeof argument.data === 'string') {
    const optional = zod?.safeParse(undefined).success === true;
    const schema = zod === undefined ? { type: 'string' } : schemaOf(zod, 'input');
    return [{ name: argument.data, in: place, required: place === 'path' || !optional, schema }];
  }
  const schema = zod === undefined ? {} : schemaOf(zod, 'input');
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const members = (schema['properties'] ?? {}) as Record<string, Record<string, unknown>>;
  return Object.entries(members).map(([name, member]) =>
    ({ name, in: place, required: place === 'path' || required.has(name), schema: member }));
}

function describeArgument(operation: Operation, argument: RouteArgument): void {
  const parameters = (operation.parameters ??= []);
  if (argument.factory === idempotencyKeyOf) parameters.push(idempotencyKey(true));
  if (argument.factory === optionalIdempotencyKeyOf) parameters.push(idempotencyKey(false));
  if (argument.kind === String(RouteParamtypes.QUERY)) parameters.push(...parametersOf(argument, 'query'));
  if (argument.kind === String(RouteParamtypes.PARAM)) parameters.push(...parametersOf(argument, 'path'));
  const body = argument.kind === String(RouteParamtypes.BODY) ? pipeSchema(argument) : undefined;
  if (body !== undefined) operation.requestBody = { required: true, content: mediaOf(body, 'input') };
}

function describeRoute(operation: Operation, route: ControllerRoute): void {
  const demand = demandOf(route.handler, route.controller);
  const documentation = documentationOf(route.handler);
  operation.parameters = [];
  delete operation.requestBody;
  for (const argument of argumentsOf(route)) describeArgument(operation, argument);
  if (documentation?.summary !== undefined) operation.summary = documentation.summary;
  if (documentation?.body !== undefined) operation.requestBody = { required: true, content: mediaOf(documentation.body, 'input') };
  if (typeof demand === 'object') {
    operation.description = `Scope: \`${demand.scope}\``;
    operation.security = [{ bearer: [] }];
  }
  const answers = Object.entries(documentation?.answers ?? {}).map(([status, schema]) =>
    [status, { description: STATUS_CODES[status] ?? '', ...(schema === null ? {} : { content: mediaOf(schema, 'output') }) }]);
  operation.responses = { ...(answers.length === 0 ? operation.responses : Object.fromEntries(answers)), default: PROBLEM_ANSWER };
}

const operationName = (controller: string, method: string) => `${controller.replace(/Controller$/, '')}.${method}`;

/** The OpenAPI 3.0 document: paths from Nest, shapes from the Zod schemas that the routes really use. */
export function openApiDocument(app: INestApplication, facts: DocumentFacts): OpenAPIObject {
  const base = new DocumentBuilder().setTitle(facts.title).setVersion(facts.version).addBearerAuth().build();
  const document = SwaggerModule.createDocument(app, base, { operationIdFactory: operationName });
  const routes = new Map(routesOf(app).map((route) => [operationName(route.controller.name, route.name), route]));
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path) as (Operation | undefined)[]) {
      const route = routes.get(operation?.operationId ?? '');
      if (operation !== undefined && route !== undefined) describeRoute(operation, route);
    }
  }
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA as never } };
  return document;
}

/** Serves the document at /openapi.json and a page of it at /docs. It is made when first asked for. */
export function serveDocumentation(app: INestApplication, facts: DocumentFacts): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app, facts), { jsonDocumentUrl: 'openapi.json', raw: ['json'] });
}
