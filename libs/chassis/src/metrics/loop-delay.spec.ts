import { describe, expect, it } from '@jest/globals';
import { LoopDelay } from './loop-delay.ts';

/** Delays in milliseconds as Node measures them: nanoseconds, with its own pause of 20 ms in each. */
function measured() {
  let worst = 0;
  let count = 0;
  return {
    delays: { get count() { return count; }, percentile: () => worst, reset: () => { worst = 0; count = 0; } },
    stall: (ms: number) => { worst = Math.max(worst, (ms + 20) * 1e6); count += 1; },
  };
}

describe('the delay of the event loop', () => {
  it('given a stall, when two look at it in their own rhythm, then both see it, for a minute', () => {
    const { delays, stall } = measured();
    let now = 0;
    const delay = new LoopDelay(delays, { resolutionMs: 20, now: () => now });
    const at = (ms: number): number => { now = ms; return delay.seconds(); };
    expect(at(5_000)).toBe(0);
    stall(300);
    expect([at(9_000), at(10_000), at(10_001), at(15_000)]).toEqual([0.3, 0.3, 0.3, 0.3]);
    stall(40);
    expect([at(30_000), at(60_000), at(70_000)]).toEqual([0.3, 0.3, 0.3]);
    expect([at(70_001), at(90_000), at(90_001)]).toEqual([0.04, 0.04, 0]);
  });

  it('given looks that Node took too early, then the delay is 0 and not less', () => {
    const { delays, stall } = measured();
    stall(-5);
    expect(new LoopDelay(delays, { resolutionMs: 20, now: () => 0 }).seconds()).toBe(0);
  });
});
