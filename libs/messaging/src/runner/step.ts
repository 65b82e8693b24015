import type { IncomingMessage, MessageFailure } from '../port.ts';
import type { FetchedBatch, Step } from './partition-source.ts';

/** Messages of a batch to hand over now, and those whose key is parked already. A replay is handed over in spite of being parked. */
export function split(batch: FetchedBatch): { handed: readonly IncomingMessage[]; parked: readonly IncomingMessage[] } {
  const { kind, messages, refused = [], claim: { parkedKeys } } = batch;
  const isParked = ({ key }: IncomingMessage): boolean => kind === 'new' && parkedKeys.has(key);
  if (refused.length === 0 && (kind === 'replay' || parkedKeys.size === 0)) return { handed: messages, parked: [] };
  const refusedOffsets = new Set(refused.map(({ message }) => message.offset));
  const blocked = new Set<string>();
  const handed = messages.filter((message) => {
    if (refusedOffsets.has(message.offset)) blocked.add(message.key);
    return !isParked(message) && !blocked.has(message.key);
  });
  return { handed, parked: messages.filter(isParked) };
}

/**
 * The step that follows from what the handler returned: the first failure of each key is a dead letter; every later message of that key in
 * the batch waits behind it, applied or not, because a handler is free to leave it for the replay.
 * Throws when a failure names a message that is not of the batch (a bug of the handler: nothing is committed).
 */
export function stepOf(batch: FetchedBatch, returned: readonly MessageFailure[]): Step {
  const { handed, parked } = split(batch);
  const { refused = [] } = batch;
  const offsets = new Set(returned.map((failure) => failure.message.offset));
  for (const { offset } of handed) offsets.delete(offset);
  if (offsets.size > 0) throw new Error(`the handler returned a failure for offset ${[...offsets].join(', ')}, which is not in its batch`);
  if (returned.length === 0 && refused.length === 0) return { batch, failed: [], waiting: parked };
  const byOffset = new Map([...returned, ...refused].map((failure) => [failure.message.offset, failure]));
  const isParked = new Set(parked);
  const failedKeys = new Set<string>();
  const failed: MessageFailure[] = [];
  const waiting: IncomingMessage[] = [];
  for (const message of batch.messages) {
    if (isParked.has(message)) continue;
    const failure = byOffset.get(message.offset);
    if (failedKeys.has(message.key)) {
      waiting.push(message);
    } else if (failure) {
      failed.push({ ...failure, message });
      failedKeys.add(message.key);
    }
  }
  return { batch, failed, waiting: [...parked, ...waiting] };
}
