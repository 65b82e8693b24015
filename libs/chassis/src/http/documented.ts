import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

const DOCUMENTED = 'trebol:documented';

/** What the OpenAPI document says of a route beyond what its parameters say themselves. */
export interface RouteDocumentation {
  readonly summary: string;
  /** Only where the body is not read through `@Body(validated(schema))`; that schema is found by itself. */
  readonly body?: z.ZodType;
  /** Schema of the answer for each status; `null` for an answer without a body. Problems need not be listed. */
  readonly answers?: Readonly<Record<number, z.ZodType | null>>;
}

/** `@Documented({ summary, answers: { 201: schema } })` on a route. */
export const Documented = (documentation: RouteDocumentation): MethodDecorator => SetMetadata(DOCUMENTED, documentation);

export function documentationOf(handler: Function): RouteDocumentation | undefined {
  return Reflect.getMetadata(DOCUMENTED, handler) as RouteDocumentation | undefined;
}
