import type { Clock } from '@trebol/contracts';

import { Doubling } from '../doubling.ts';
import type { Checkpoint, RecordedBatch, SubscribeOptions } from '../port.ts';
import { Batches } from './batches.ts';
import type { Connection } from './connection.ts';
import { isPassing } from './failures.ts';
import { Messages } from './messages.ts';
import { comparePositions, fromCheckpoint, toCheckpoint } from './positions.ts';
import type { Reader } from './reader.ts';
import { subscribeAfter } from './requests.ts';

/** While it reads old events a batch waits so long to become full, in milliseconds; at the end of the log it does not wait. */
const FILL_MS = 20;
/**
 * Bounds of the wait, in milliseconds, doubling, before a quiet subscription at the end of the log looks whether the log has grown by
 * events of others: the server says so only every 256 of them.
 */
const SKIP_MS_MIN = 20;
const SKIP_MS_MAX = 1_000;
/** Bounds of the wait after a broken connection, in milliseconds, doubling. */
const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 5_000;

export interface SubscriptionParts {
  readonly connection: Connection;
  readonly reader: Reader;
  readonly clock: Clock;
}

/**
 * Everything after `from`, then what is appended, until the signal aborts. Subscribes again from where it was, without end, when the
 * server is away. Throws what waiting does not mend: a checkpoint past the end of the log, or an event that is not ours in our streams.
 */
export async function* subscription(from: Checkpoint, options: SubscribeOptions, parts: SubscriptionParts): AsyncIterable<RecordedBatch> {
  const { signal, batchMax } = options;
  if (!Number.isInteger(batchMax) || batchMax < 1) throw new RangeError(`batchMax ${batchMax} is no whole number from 1 on`);
  const batches = new Batches(fromCheckpoint(from), options);
  const backoff = new Doubling(BACKOFF_MS_MIN, BACKOFF_MS_MAX);
  while (!signal.aborted) {
    try {
      for await (const batch of follow(batches, signal, parts)) {
        backoff.reset();
        yield batch;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isPassing(error)) throw error;
    }
    await parts.clock.sleep(backoff.next(), signal);
  }
}

/** One subscription of the server, until it ends. */
async function* follow(batches: Batches, signal: AbortSignal, parts: SubscriptionParts): AsyncIterable<RecordedBatch> {
  const messages = await subscribed(batches, parts);
  const skip = new Doubling(SKIP_MS_MIN, SKIP_MS_MAX);
  try {
    while (!signal.aborted) {
      const chunk = await messages.next(batches.isFilling ? FILL_MS : skip.next(), signal);
      if (chunk === 'end') return;
      if (chunk !== 'quiet') skip.reset();
      else if (batches.isLive && !signal.aborted) batches.skipTo(await parts.reader.skipTo(batches.reached, batches.prefix));
      for (const batch of signal.aborted ? [] : batches.take(chunk)) yield batch;
    }
  } finally {
    messages.close();
  }
}

async function subscribed(batches: Batches, { connection, reader, clock }: SubscriptionParts): Promise<Messages> {
  const { reached, prefix } = batches;
  const end = await reader.endOnce();
  if (comparePositions(reached, end) > 0) {
    throw new RangeError(`position ${toCheckpoint(reached)} is past the end of the log (${toCheckpoint(end)})`);
  }
  batches.restart();
  return new Messages(await connection.read(subscribeAfter(reached, prefix)), clock);
}
