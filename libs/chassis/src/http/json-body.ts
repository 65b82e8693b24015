import type { FastifyInstance } from 'fastify';
import { jsonPointer } from '../validation/field-errors.ts';
import { Problem } from '../problems/problem.ts';

/** An escape that may be half a character; nothing else in a JSON text can make one, as the text itself is UTF-8. */
const HALF_ESCAPE = /\\u[dD][89a-fA-F]/;

const HALF_CHARACTER = {
  es: 'Tiene medio carácter (un sustituto de UTF-16 sin su pareja)', en: 'Has half a character (a UTF-16 surrogate without its pair)',
} as const;

/**
 * Reads `application/json`. Clients send that type with a POST that has no body: to routes that need none it is as good as no body.
 * Refusals: `malformedJson`; `forbiddenKey` for names that would change what objects are; `invalidRequest` with a pointer for text that no
 * database can hold.
 */
export function readJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.toString();
    if (text.length === 0) done(null, undefined);
    else void parse(request, text, (error, value) => done(...checked(text, error, value)));
  });
}

function checked(text: string, error: Error | null, value: unknown): [Error | null, unknown?] {
  if (error) return [new Problem(isJson(text) ? 'forbiddenKey' : 'malformedJson', {}, { cause: error })];
  const pointer = HALF_ESCAPE.test(text) ? halfCharacterIn(value) : undefined;
  return pointer === undefined ? [null, value] : [new Problem('invalidRequest', { errors: [{ pointer, message: HALF_CHARACTER }] })];
}

/** Of a text that was refused: whether it would have been JSON but for its names. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Pointer to the first text that is not well formed; a name that is not is pointed at by its object. */
function halfCharacterIn(value: unknown): string | undefined {
  const waiting: { readonly at: readonly string[]; readonly value: unknown }[] = [{ at: [], value }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { at, value: found } = next;
    if (typeof found === 'string' && !found.isWellFormed()) return jsonPointer(at);
    if (typeof found !== 'object' || found === null) continue;
    const members = Object.entries(found);
    if (members.some(([name]) => !name.isWellFormed())) return jsonPointer(at);
    for (const [name, member] of members.toReversed()) waiting.push({ at: [...at, name], value: member });
  }
  return undefined;
}
