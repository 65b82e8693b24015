import { describe, expect, it } from '@jest/globals';

import type { NewEvent, StreamTail } from '../port.ts';
import { entry, event, events, type MakeStore, upTo, world } from './given.ts';

/** The suite's own state: the list of numbers seen. Folding a snapshot and a tail must give the same as folding everything. */
const foldOf = (tail: StreamTail | undefined): number[] => [
  ...(tail?.snapshot ? JSON.parse(Buffer.from(tail.snapshot.bytes).toString()) as number[] : []),
  ...(tail?.events ?? []).map(({ data }) => (JSON.parse(data) as { n: number }).n),
];
const numbered = (from: number, to: number): NewEvent[] => upTo(to, from).map((n) => event({ n }));
const snapshotOf = (numbers: readonly number[], schemaVersion = 3) => ({ schemaVersion, bytes: Buffer.from(JSON.stringify(numbers)) });

export function readContract(makeStore: MakeStore): void {
  const w = world(makeStore);

  describe('loading', () => {
    it('given some streams and some that are missing, when loaded together, then each has its events and a missing one revision 0', async () => {
      const prefix = w.prefix();
      const [first, second] = [events(2), events(3)];
      await w.store.append([entry(`${prefix}a`, 'noStream', first), entry(`${prefix}b`, 'noStream', second)]);
      const tails = await w.store.load([`${prefix}b`, `${prefix}none`, `${prefix}a`]);
      expect([...tails.keys()].toSorted()).toEqual([`${prefix}a`, `${prefix}b`, `${prefix}none`]);
      expect(tails.get(`${prefix}a`)?.events.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
      expect(tails.get(`${prefix}b`)?.events.map(({ revision }) => revision)).toEqual([1, 2, 3]);
      expect(tails.get(`${prefix}none`)).toEqual({ revision: 0, events: [] });
    });

    it('given no names, when loaded, then the answer is empty', async () => {
      expect((await w.store.load([])).size).toBe(0);
    });

    it('given snapshots with some appends and none with others, when loaded, then snapshot and tail fold to the whole stream', async () => {
      const stream = `${w.prefix()}a`;
      let last = 0;
      for (const [count, withSnapshot] of [[2, true], [3, false], [1, true], [250, true], [2, false]] as const) {
        const to = last + count;
        const snapshot = withSnapshot ? snapshotOf(upTo(to)) : undefined;
        const added = numbered(last + 1, to);
        await w.store.append([{ stream, expectedRevision: last === 0 ? 'noStream' : last, events: added, snapshot }]);
        const tail = (await w.store.load([stream])).get(stream);
        expect(foldOf(tail)).toEqual(upTo(to));
        expect(tail?.revision).toBe(to);
        expect((tail?.snapshot?.revision ?? 0) + (tail?.events.length ?? 0)).toBe(to);
        last = to;
      }
    });

    it('given an append that lost, when it carried a snapshot, then that is not kept', async () => {
      const stream = `${w.prefix()}a`;
      await w.append(stream, 'noStream', numbered(1, 2));
      const lost = { stream, expectedRevision: 1, events: numbered(8, 9), snapshot: snapshotOf([7, 8, 9]) } as const;
      await w.store.append([lost], 'bulk');
      await w.store.append([lost], 'interactive');
      await w.store.append([{ stream, expectedRevision: 2, events: [], snapshot: snapshotOf([4]) }]);
      expect(foldOf((await w.store.load([stream])).get(stream))).toEqual([1, 2]);
    });

    it('given a very large snapshot, when loaded, then kept or not the fold is the same', async () => {
      const stream = `${w.prefix()}a`;
      await w.store.append([{ stream, expectedRevision: 'noStream', events: numbered(1, 2), snapshot: snapshotOf(upTo(2)) }]);
      const large = { schemaVersion: 3, bytes: Buffer.from(`${' '.repeat(400_000)}[1,2,3]`) };
      await w.store.append([{ stream, expectedRevision: 2, events: numbered(3, 3), snapshot: large }]);
      expect(foldOf((await w.store.load([stream])).get(stream))).toEqual([1, 2, 3]);
    });
  });

  describe('reading a stream', () => {
    it('given a stream, when read from a revision, then that event comes first', async () => {
      const stream = `${w.prefix()}a`;
      const all = events(1_203);
      await w.append(stream, 'noStream', all);
      for (const from of [1, 2, 500, 501, 1_203]) expect(await w.ids(stream, from)).toEqual(all.slice(from - 1).map(({ id }) => id));
      expect(await w.ids(stream, 1_204)).toEqual([]);
    });

    it('given no such stream, when read, then nothing comes', async () => {
      expect(await w.ids(`${w.prefix()}none`)).toEqual([]);
    });

    it('given a stream, when reading stops in the middle, then the store can be used on', async () => {
      const stream = `${w.prefix()}a`;
      await w.append(stream, 'noStream', events(600));
      for await (const { revision } of w.store.readStream(stream)) if (revision === 3) break;
      expect(await w.ids(stream, 599)).toHaveLength(2);
    });
  });
}
