import type { OutgoingMessage, Subscription } from './port.ts';

/** Largest value: what a Kafka broker takes by default, with room for headers. */
export const VALUE_BYTES_MAX = 1_000_000;
/** Largest key: an index entry of a compacted topic holds it. */
export const KEY_BYTES_MAX = 1_000;
/** Largest batch a subscription may ask for. */
export const BATCH_MESSAGES_MAX = 5_000;
/** Most bytes of values in one batch: bounds what a handler has to hold. */
export const BATCH_BYTES_MAX = 4 * 1_048_576;

/** A message that can never be published. */
export class InvalidMessage extends Error {
  override readonly name = 'InvalidMessage';
}

const hasNul = (text: string | undefined): boolean => text !== undefined && text.includes('\0');

/** Bytes of the message's value. Throws `InvalidMessage` on what one of the adapters could not carry, so that both refuse the same. */
export function checkMessage(message: OutgoingMessage): number {
  const bytes = Buffer.byteLength(message.value);
  const refuse = (reason: string): never => { throw new InvalidMessage(`message ${message.id} on ${message.topic}: ${reason}`); };
  if (bytes > VALUE_BYTES_MAX) refuse(`${bytes} bytes, at most ${VALUE_BYTES_MAX}`);
  if (Buffer.byteLength(message.key) > KEY_BYTES_MAX) refuse(`key over ${KEY_BYTES_MAX} bytes`);
  // PostgreSQL's text has no NUL; JSON writes it escaped.
  const { value, key, id, tenant, type, traceparent } = message;
  if (hasNul(value) || hasNul(key) || hasNul(id) || hasNul(tenant) || hasNul(type) || hasNul(traceparent)) refuse('NUL character');
  return bytes;
}

/** Throws a RangeError on a batch size out of bounds. */
export function checkSubscription({ group, batchMax }: Subscription): void {
  if (!Number.isInteger(batchMax) || batchMax < 1 || batchMax > BATCH_MESSAGES_MAX) {
    throw new RangeError(`group ${group}: batchMax must be 1 to ${BATCH_MESSAGES_MAX}`);
  }
}
