import { Readable } from 'node:stream';
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { Problem } from '../problems/problem.ts';
import { fieldErrors } from './field-errors.ts';

function prefixOf(metadata: ArgumentMetadata): string {
  const name = metadata.data === undefined ? '' : `/${metadata.data}`;
  switch (metadata.type) {
    case 'query':
      return `/query${name}`;
    case 'param':
      return `/path${name}`;
    case 'body':
    case 'custom':
      return name;
    default: {
      const never: never = metadata.type;
      return never;
    }
  }
}

/** Whether a request may come without a body: the schema takes nothing, or takes an object without members. */
export function mayBeAbsent(schema: z.ZodType): boolean {
  return schema.safeParse(undefined).success || schema.safeParse({}).success;
}

/** An absent body stands for an empty object where that says all there is to say (`POST …/capture`); elsewhere it is missing. */
function bodyWhenAbsent(schema: z.ZodType): unknown {
  if (!mayBeAbsent(schema)) throw new Problem('bodyMissing');
  return schema.safeParse(undefined).success ? undefined : {};
}

/** Pipe made by `validated`; the OpenAPI document reads its schema. */
export class ValidatedPipe<S extends z.ZodType = z.ZodType> implements PipeTransform<unknown, z.output<S>> {
  readonly schema: S;

  constructor(schema: S) {
    this.schema = schema;
  }

  transform(value: unknown, metadata: ArgumentMetadata): z.output<S> {
    // A type that only some routes take (an upload) arrives unread; on the others it is the wrong type, not a wrong body.
    if (metadata.type === 'body' && value instanceof Readable) throw new Problem('unsupportedMediaType');
    const given = metadata.type === 'body' && value === undefined ? bodyWhenAbsent(this.schema) : value;
    const result = this.schema.safeParse(given);
    if (result.success) return result.data;
    throw new Problem('invalidRequest', { errors: fieldErrors(this.schema, value, prefixOf(metadata)) });
  }
}

/**
 * `@Body(validated(schema))`, `@Query(validated(schema))`, `@Param('id', validated(schema))`: the parsed value, or a 422
 * `invalidRequest` with a pointer for each objection. Use `z.strictObject`, so that unknown fields are refused.
 */
export function validated<S extends z.ZodType>(schema: S): ValidatedPipe<S> {
  return new ValidatedPipe(schema);
}
