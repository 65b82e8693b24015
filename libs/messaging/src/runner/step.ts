import type { IncomingMessage, MessageFailure } from '../port.ts';
import type { FetchedBatch, Step } from './partition-source.ts';

/** Messages of a batch to hand over now, and those whose key is parked already. A replay is handed over whole. */
export function split(batch: FetchedBatch): { handed: readonly IncomingMessage[]; parked: readonly IncomingMessage[] } {
  const { parkedKeys } = batch.claim;
  if (batch.kind === 'replay' || parkedKeys.size === 0) return { handed: batch.messages, parked: [] };
  return {
    handed: batch.messages.filter((message) => !parkedKeys.has(message.key)),
    parked: batch.messages.filter((message) => parkedKeys.has(message.key)),
  };
}

/**
 * The step that follows from what the handler returned: the first failure of each key is a dead letter; every later message of that key in
 * the batch waits behind it, applied or not, because a handler is free to leave it for the replay.
 * Throws when a failure names a message that is not of the batch (a bug of the handler: nothing is committed).
 */
export function stepOf(batch: FetchedBatch, returned: readonly MessageFailure[]): Step {
  const { handed, parked } = split(batch);
  if (returned.length === 0) return { batch, failed: [], waiting: parked };
  const byOffset = new Map(returned.map((failure) => [failure.message.offset, failure]));
  const failedKeys = new Set<string>();
  const failed: MessageFailure[] = [];
  const waiting: IncomingMessage[] = [];
  for (const message of handed) {
    const failure = byOffset.get(message.offset);
    byOffset.delete(message.offset);
    if (failedKeys.has(message.key)) {
      waiting.push(message);
    } else if (failure) {
      failed.push({ ...failure, message });
      failedKeys.add(message.key);
    }
  }
  if (byOffset.size > 0) {
    throw new Error(`the handler returned a failure for offset ${[...byOffset.keys()].join(', ')}, which is not in its batch`);
  }
  return { batch, failed, waiting: [...parked, ...waiting] };
}
