import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Slots } from './slots.ts';

describe('slots', () => {
  it('given pieces of any size, when they ask, then no more messages than there is room for are in hand, and they go in the order they asked', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.nat({ max: 15 }), { maxLength: 30 }), async (sizes) => {
      const slots = new Slots(10);
      const started: number[] = [];
      let inHand = 0;
      let most = 0;
      await Promise.all(sizes.map((size, place) => slots.run(size, async () => {
        started.push(place);
        inHand += Math.min(size, 10);
        most = Math.max(most, inHand);
        await Promise.resolve();
        inHand -= Math.min(size, 10);
      })));
      expect(started).toEqual(sizes.map((_, place) => place));
      expect(most).toBeLessThanOrEqual(10);
    }));
  });

  it('given small pieces, when they ask at once, then they are in hand together, however many they are', async () => {
    const slots = new Slots(10);
    const all = Promise.withResolvers<void>();
    let together = 0;
    await Promise.all(Array.from({ length: 10 }, () => slots.run(1, async () => {
      together += 1;
      if (together === 10) all.resolve();
      await all.promise;
    })));
    expect(together).toBe(10);
  });

  it('given a piece that throws, when the next asks, then it goes', async () => {
    const slots = new Slots(1);
    await expect(slots.run(5, () => Promise.reject(new Error('not now')))).rejects.toThrow('not now');
    await expect(slots.run(5, () => Promise.resolve('done'))).resolves.toBe('done');
  });
});
