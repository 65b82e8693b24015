import type { FieldError } from '@trebol/chassis';
import { Problem } from '@trebol/chassis';

/** A request refused for one field. */
export const fieldProblem = (pointer: string, message: FieldError['message']): Problem => new Problem(
  'invalidRequest', { errors: [{ pointer, message }] },
);

/** True for a body that was handed over as an unread stream. */
export const isByteStream = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
