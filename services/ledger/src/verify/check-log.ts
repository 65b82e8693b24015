import type { ChainHead, LogDifference, LogProof } from '@trebol/event-store';
import { type Difference, DifferenceFound } from './report.ts';

/**
 * Checks the log itself before anything is folded: positions, revisions, hash chains, and the heads of those chains that were noted
 * earlier, outside the database: the only proof against somebody who may write everything. Names the lane whose history was cut off or
 * rewritten. Without `log` only what folding meets is found, and noted heads are refused: an error, not a difference.
 */
export async function checkLog(log: LogProof | undefined, noted: readonly ChainHead[]): Promise<void> {
  if (log === undefined) {
    if (noted.length === 0) return;
    throw new Error('this installation cannot check noted heads: its event store has no hash chain');
  }
  const [hole] = await log.checkLog({ differencesMax: 1 });
  if (hole !== undefined) throw new DifferenceFound(named(hole));
  const cut = cutOff(noted, await log.chainHeads());
  if (cut !== undefined) throw new DifferenceFound(cut);
  const [broken] = await log.checkChain({ noted });
  if (broken !== undefined) throw new DifferenceFound(rewritten(noted, broken));
}

function named({ kind, place, expected, found }: LogDifference): Difference {
  return { check: 'log', expected, found, message: `${kind} of ${place}: expected ${expected}, found ${found}` };
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

function rewritten(noted: readonly ChainHead[], broken: LogDifference): Difference {
  const lane = noted.find(({ partition }) => broken.place === `partition ${partition}`)?.lane;
  if (lane === undefined) return named(broken);
  const { expected, found } = broken;
  return { check: 'log', lane, expected, found, message: `lane ${lane}: expected ${expected}, found ${found}` };
}
