import { STATUS_CODES } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { z } from 'zod';
import { demandOf } from '../auth/route-scope.ts';
import { idempotencyKeyOf, optionalIdempotencyKeyOf } from '../idempotency/idempotency-key.ts';
import { mayBeAbsent, ValidatedPipe } from '../validation/validated.ts';
import { documentationOf } from './documented.ts';
import { mediaOf, schemaOf } from './media.ts';
import { OTHER_PROBLEM, PROBLEM_SCHEMA, problemAnswers } from './refusals.ts';
import { argumentsOf, type ControllerRoute, type RouteArgument, routesOf } from './routes.ts';

/** Title and version of the document. */
export interface DocumentFacts {
  readonly title: string;
  readonly version: string;
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Parameter = NonNullable<Operation['parameters']>[number];
const idempotencyKey = (required: boolean): Parameter =>
  ({ name: 'Idempotency-Key', in: 'header', required, schema: { type: 'string', minLength: 1, maxLength: 255 } });

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
  if (body !== undefined) operation.requestBody = { required: !mayBeAbsent(body), content: mediaOf(body, 'input') };
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
  const answers = Object.entries(documentation?.answers ?? {}).map(([status, content]) =>
    [status, { description: STATUS_CODES[status] ?? '', ...(content === null ? {} : { content: mediaOf(content, 'output') }) }]);
  const done = answers.length === 0 ? operation.responses : Object.fromEntries(answers) as Operation['responses'];
  operation.responses = { ...done, ...problemAnswers(route), default: OTHER_PROBLEM } as Operation['responses'];
}

const operationName = (controller: string, method: string) => `${controller.replace(/Controller$/, '')}.${method}`;

/** Keys are opaque texts, not JWTs. */
const BEARER = { type: 'http', scheme: 'bearer', description: 'An API key: trb_live_… or trb_test_…' } as const;

/** The OpenAPI 3.0 document: paths from Nest, shapes from the Zod schemas that the routes really use. */
export function openApiDocument(app: INestApplication, facts: DocumentFacts): OpenAPIObject {
  const base = new DocumentBuilder().setTitle(facts.title).setVersion(facts.version).addSecurity('bearer', BEARER).build();
  const document = SwaggerModule.createDocument(app, base, { operationIdFactory: operationName });
  for (const { operation, route } of operationsOf(app, document)) describeRoute(operation, route);
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA as never } };
  return document;
}

function operationsOf(app: INestApplication, document: OpenAPIObject): readonly { operation: Operation; route: ControllerRoute }[] {
  const routes = new Map(routesOf(app).map((route) => [operationName(route.controller.name, route.name), route]));
  return Object.values(document.paths).flatMap((path) => (Object.values(path) as (Operation | undefined)[]).flatMap((operation) => {
    const route = routes.get(operation?.operationId ?? '');
    return operation === undefined || route === undefined ? [] : [{ operation, route }];
  }));
}

/**
 * Routes of which the document cannot say what they read or answer, each with what it lacks; for the test of a composition. A route
 * says it with `@Documented`.
 */
export function undocumentedRoutes(app: INestApplication): readonly string[] {
  const document = openApiDocument(app, { title: '', version: '' });
  return operationsOf(app, document).flatMap(({ operation, route }) => {
    const documentation = documentationOf(route.handler);
    const reads = argumentsOf(route).some((argument) => argument.kind === String(RouteParamtypes.BODY));
    const lacks = [
      ...(documentation === undefined ? ['summary'] : []),
      ...(Object.keys(documentation?.answers ?? {}).some((status) => status.startsWith('2')) ? [] : ['answers']),
      ...(reads && operation.requestBody === undefined ? ['body'] : []),
    ];
    return lacks.length === 0 ? [] : [`${operation.operationId ?? ''}: ${lacks.join(', ')}`];
  });
}

/** Serves the document at /openapi.json and a page of it at /docs. It is made when first asked for. */
export function serveDocumentation(app: INestApplication, facts: DocumentFacts): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app, facts), { jsonDocumentUrl: 'openapi.json', raw: ['json'] });
}
