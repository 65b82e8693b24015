import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';
import type { ProblemCode } from '../problems/catalogue.ts';

const DOCUMENTED = 'trebol:documented';

/** A body or an answer that is not JSON. Made by `files`. */
export interface FileContent {
  readonly mediaTypes: readonly string[];
  readonly description: string;
}

/** `files(['text/csv'], 'A header and a line for each rejected row')`: for uploads and downloads. */
export const files = (mediaTypes: readonly string[], description: string): FileContent => ({ mediaTypes, description });

/** JSON of a schema, or a file. */
export type DocumentedContent = z.ZodType | FileContent;

/** What the OpenAPI document says of a route beyond what its parameters say themselves. */
export interface RouteDocumentation {
  readonly summary: string;
  /** Only where the body is not read through `@Body(validated(schema))`; that schema is found by itself. Several: any of them. */
  readonly body?: DocumentedContent | readonly DocumentedContent[];
  /** What the route answers when it does what it was asked, by status; `null` for an answer without a body. */
  readonly answers?: Readonly<Record<number, DocumentedContent | null>>;
  /** Refusals of the route's own. Those that follow from its key, parameters, body and Idempotency-Key are found by themselves. */
  readonly problems?: readonly ProblemCode[];
}

/** `@Documented({ summary, answers: { 201: schema }, problems: ['memberNotFound'] })` on a route. */
export const Documented = (documentation: RouteDocumentation): MethodDecorator => SetMetadata(DOCUMENTED, documentation);

export function documentationOf(handler: Function): RouteDocumentation | undefined {
  return Reflect.getMetadata(DOCUMENTED, handler) as RouteDocumentation | undefined;
}
