import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Slots, StreamTurns } from './turns.ts';

/** A turn of the event loop, so that work overlaps where it may. */
const breathe = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

describe('what is in flight', () => {
  it('given any work, when it asks for slots, then neither count nor bytes are exceeded, a piece too large goes alone, and all are served in order', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.nat({ max: 15 }), { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (sizes, countMax) => {
      const slots = new Slots(countMax, 10);
      const served: number[] = [];
      let running = 0;
      let bytes = 0;
      const all = sizes.map((size, index) => slots.run(size, async () => {
        served.push(index);
        running += 1;
        bytes += size;
        expect(running === 1 || (running <= countMax && bytes <= 10)).toBe(true);
        await breathe();
        running -= 1;
        bytes -= size;
        if (size % 5 === 4) throw new Error('failed');
      }));
      await Promise.allSettled(all);
      expect(served).toEqual(sizes.map((_, index) => index));
    }), { numRuns: 50 });
  });

  it('given one stream, when appends come at once, some fail, then one runs at a time, in order; other streams do not wait', async () => {
    const turns = new StreamTurns();
    const log: string[] = [];
    const work = (stream: string, n: number) => turns.run(stream, async () => {
      log.push(`${stream}${n} begins`);
      await breathe();
      log.push(`${stream}${n} ends`);
      if (n === 1) throw new Error('failed');
    });
    const outcomes = await Promise.allSettled([work('a', 1), work('a', 2), work('b', 3), work('a', 4)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(log.slice(0, 2)).toEqual(['a1 begins', 'b3 begins']);
    expect(log.filter((line) => line.startsWith('a'))).toEqual([1, 2, 4].flatMap((n) => [`a${n} begins`, `a${n} ends`]));
  });
});
