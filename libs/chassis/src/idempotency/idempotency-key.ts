import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems/problem.ts';
import type { IdempotentAnswer } from './idempotency-store.ts';

/** Printable ASCII without spaces, at most 255 characters: it is part of a primary key. */
const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

const UNREADABLE = {
  pointer: '/header/Idempotency-Key',
  message: { en: '1 to 255 printable ASCII characters without spaces', es: 'De 1 a 255 caracteres ASCII imprimibles sin espacios' },
} as const;

/** Reads the header `Idempotency-Key` where a request may do without; also the mark by which the OpenAPI document knows the route. */
export function optionalIdempotencyKeyOf(_data: unknown, context: ExecutionContext): string | undefined {
  const value = context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key'];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string' || !KEY_PATTERN.test(value)) throw new Problem('invalidRequest', { errors: [UNREADABLE] });
  return value;
}

/** Reads the header `Idempotency-Key` where it is needed. */
export function idempotencyKeyOf(data: unknown, context: ExecutionContext): string {
  const key = optionalIdempotencyKeyOf(data, context);
  if (key === undefined) throw new Problem('idempotencyKeyMissing');
  return key;
}

/** `@IdempotencyKey() key: string`; without the header the answer is 400 `idempotencyKeyMissing`. */
export const IdempotencyKey: () => ParameterDecorator = createParamDecorator(idempotencyKeyOf);

/** `@OptionalIdempotencyKey() key: string | undefined`, for operations that also have a natural key. */
export const OptionalIdempotencyKey: () => ParameterDecorator = createParamDecorator(optionalIdempotencyKeyOf);

/**
 * Sends an idempotent answer: status, the header `Idempotency-Replayed` when it is a replay, and the body as return value.
 * In a controller: `return answered(reply, await store.run(...))` with `@Res({ passthrough: true }) reply: FastifyReply`.
 */
export function answered(reply: FastifyReply, answer: IdempotentAnswer): unknown {
  reply.code(answer.status);
  if (answer.replayed) reply.header('idempotency-replayed', 'true');
  return answer.body;
}
