import type { ChainHead, LogDifference } from '@trebol/event-store';
import { type Difference, DifferenceFound } from './report.ts';

/** What an event store with a hash chain offers: `store.chainHeads()` and `checkChain({ url, noted })`. */
export interface LogChain {
  heads(): Promise<readonly ChainHead[]>;
  /** Computes the chains anew; what differs, also from the heads noted. */
  check(noted: readonly ChainHead[]): Promise<readonly LogDifference[]>;
}

/**
 * Checks the log against chain heads noted earlier, outside the database: the only proof against somebody who may write everything. Names
 * the lane whose history was cut off or rewritten. Throws an error, not a difference, where the installation cannot check.
 */
export async function checkHeads(chain: LogChain | undefined, noted: readonly ChainHead[]): Promise<void> {
  if (noted.length === 0) return;
  if (chain === undefined) throw new Error('this installation cannot check noted heads: its event store has no hash chain');
  const cut = cutOff(noted, await chain.heads());
  if (cut !== undefined) throw new DifferenceFound(cut);
  const [difference] = await chain.check(noted);
  if (difference !== undefined) throw new DifferenceFound(rewritten(noted, difference));
}

function cutOff(noted: readonly ChainHead[], now: readonly ChainHead[]): Difference | undefined {
  for (const { lane, partition, position } of noted) {
    const end = now.find((head) => head.partition === partition)?.position ?? 0;
    if (end >= position) continue;
    const message = `lane ${lane}: history up to position ${position} was noted, it ends at position ${end}`;
    return { check: 'log', lane, expected: String(position), found: String(end), message };
  }
  return undefined;
}

function rewritten(noted: readonly ChainHead[], { place, expected, found }: LogDifference): Difference {
  const lane = noted.find(({ partition }) => place === `partition ${partition}`)?.lane;
  const message = `${lane === undefined ? place : `lane ${lane}`}: expected ${expected}, found ${found}`;
  return { check: 'log', ...(lane === undefined ? {} : { lane }), expected, found, message };
}
