import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { Positions } from './checkpoints.ts';
import { LogDamaged } from '../damage.ts';
import { LaneMerge, type Logged } from './lane-merge.ts';

interface Written extends Logged { readonly stream: number; readonly revision: number }
interface Step { readonly lane: 1 | 2; readonly streams: readonly number[]; readonly events: number; readonly staleness: number }

const steps = fc.array(fc.record({
  lane: fc.constantFrom(1, 2),
  streams: fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }),
  events: fc.integer({ min: 1, max: 3 }),
  staleness: fc.nat(6),
}), { maxLength: 40 }) as fc.Arbitrary<Step[]>;

/**
 * The log as appends write it, with all the freedom that locks leave: an append sees its own lane's tick exactly (it holds the head) and
 * the other lane's as of any moment after it locked its streams, so perhaps stale, but never older than these streams' last appends.
 * Answers the log and the heads after each commit.
 */
function history(given: readonly Step[]): { log: Map<number, Written[]>; heads: Positions[] } {
  const log = new Map<number, Written[]>([[1, []], [2, []]]);
  const ticks = { 1: [0], 2: [0] };
  const last = Array.from({ length: 5 }, () => ({ tick: 0, revision: 0 }));
  const heads: Positions[] = [new Map([[1, 0], [2, 0]])];
  for (const { lane, streams, events, staleness } of given) {
    const others = ticks[lane === 1 ? 2 : 1];
    const needed = Math.min(others.at(-1)!, Math.max(...streams.map((stream) => last[stream]!.tick)));
    const seen = Math.max(needed, others[Math.max(0, others.length - 1 - staleness)]!);
    const tick = Math.max(ticks[lane].at(-1)!, seen) + 1;
    ticks[lane].push(tick);
    const written = log.get(lane)!;
    for (const stream of streams) {
      for (let count = 0; count < events; count += 1) {
        last[stream] = { tick, revision: last[stream]!.revision + 1 };
        written.push({ partition: lane, position: written.length + 1, tick, stream, revision: last[stream].revision });
      }
    }
    heads.push(new Map([...log].map(([partition, all]) => [partition, all.length])));
  }
  return { log, heads };
}

const readerOf = (log: ReadonlyMap<number, Written[]>) => (partition: number, after: number, upTo: number) =>
  Promise.resolve((log.get(partition) ?? []).slice(after, upTo));

describe('given appends to both lanes in any interleaving', () => {
  it('when a reader sees any heads, takes any number, stops anywhere and goes on, then every stream is whole and in order, none twice', async () => {
    const reads = fc.array(fc.record({ heads: fc.nat(40), take: fc.integer({ min: 1, max: 7 }), times: fc.nat(4), pageMax: fc.integer({ min: 1, max: 5 }) }), { maxLength: 20 });
    await fc.assert(fc.asyncProperty(steps, reads, async (given, readings) => {
      const { log, heads } = history(given);
      const reached = new Map([[1, 0], [2, 0]]);
      const revisions = new Map<number, number>();
      let seenHeads = 0;
      const all = { heads: heads.length - 1, take: 5, times: 1_000, pageMax: 3 };
      for (const { heads: more, take, times, pageMax } of [...readings, all]) {
        seenHeads = Math.min(heads.length - 1, seenHeads + more);
        const merge = new LaneMerge(reached, heads[seenHeads] ?? new Map(), { pageMax, read: readerOf(log) });
        for (let time = 0; time < times && !merge.exhausted; time += 1) {
          for (const { partition, position, stream, revision } of await merge.take(take)) {
            expect(position).toBe((reached.get(partition) ?? 0) + 1);
            expect(revision).toBe((revisions.get(stream) ?? 0) + 1);
            reached.set(partition, position);
            revisions.set(stream, revision);
          }
        }
      }
      expect(reached).toEqual(heads.at(-1));
    }), { numRuns: 500 });
  });

  it('when a lane has used up its page, then it is read on before an event of the other lane is handed out', async () => {
    // Taking only what the pages hold would bring revision 2 of stream 7 before its revision 1.
    const log = new Map<number, Written[]>([
      [1, [{ partition: 1, position: 1, tick: 1, stream: 9, revision: 1 }, { partition: 1, position: 2, tick: 2, stream: 7, revision: 1 }]],
      [2, [{ partition: 2, position: 1, tick: 3, stream: 7, revision: 2 }]],
    ]);
    const merge = new LaneMerge(new Map(), new Map([[1, 2], [2, 1]]), { pageMax: 1, read: readerOf(log) });
    expect((await merge.take(2)).map(({ revision, stream }) => [stream, revision])).toEqual([[9, 1], [7, 1]]);
    expect((await merge.take(9)).map(({ revision, stream }) => [stream, revision])).toEqual([[7, 2]]);
    expect(merge.exhausted).toBe(true);
  });
});

describe('given a log that is damaged', () => {
  const written = [1, 2, 4].map((position) => ({ partition: 1, position, tick: position, stream: 1, revision: position }));

  it('when a position is missing within a page or at its end, then reading stops and names it', async () => {
    const read = () => Promise.resolve(written);
    await expect(new LaneMerge(new Map(), new Map([[1, 4]]), { pageMax: 10, read }).take(1)).rejects.toEqual(new LogDamaged(1, 3));
    await expect(new LaneMerge(new Map([[1, 0]]), new Map([[1, 3]]), { pageMax: 10, read: () => Promise.resolve(written.slice(0, 2)) }).take(1))
      .rejects.toThrow('no event at position 3 of partition 1');
  });

  it('when a reader is past the end, then it is told so', () => {
    expect(() => new LaneMerge(new Map([[1, 5]]), new Map([[1, 4]]), { pageMax: 1, read: () => Promise.resolve([]) })).toThrow('past the end');
  });
});
