import { describe, expect, it } from '@jest/globals';
import { CRASH_POINTS, type CrashPoint, parseCrashPlan, plannedCrash } from './crash-points.ts';

const PORT_POINTS = ['after-rate', 'mid-append', 'after-append', 'mid-publish', 'after-publish', 'before-offset'] as const;

describe('crash points', () => {
  it.each(CRASH_POINTS.flatMap((point) => [
    [point, { point, occurrence: 1, armed: false }], [`${point}:3`, { point, occurrence: 3, armed: false }],
    [`${point}:2@SIGUSR2`, { point, occurrence: 2, armed: true }],
  ] as const))('given %s, then it is a plan', (text, plan) => {
    expect(parseCrashPlan(text)).toEqual(plan);
  });

  it.each([
    '', 'after-lunch', 'after-append:0', 'after-append:x', 'after-append@SIGTERM', 'after-append:1.5',
  ])('given "%s", then it is refused rather than ignored', (text) => {
    expect(() => parseCrashPlan(text)).toThrow(RangeError);
  });

  it.each(PORT_POINTS)('given %s for the second time, when each port is used three times, then the process dies once, at the second', async (point) => {
    expect(await useThrice(point, false)).toEqual([2]);
  });

  it('given a plan that waits for its signal, when it comes after the first use, then only what follows counts', async () => {
    expect(await useThrice('after-append', true)).toEqual([3]);
  });

  it('given no plan, then every port is what it was', () => {
    const store = { append: () => Promise.resolve() };
    expect(plannedCrash(undefined).store(store)).toBe(store);
  });
});

/** Uses every port three times; answers at which round the process died. The signal, if waited for, comes after the first. */
async function useThrice(point: CrashPoint, armed: boolean): Promise<number[]> {
  let round = 0;
  const deaths: number[] = [];
  const handlers: (() => Promise<unknown>)[] = [];
  const crashing = plannedCrash({ point, occurrence: 2, armed }, () => deaths.push(round));
  const store = crashing.store({ append: (_batch: readonly never[]) => Promise.resolve() });
  const bus = crashing.bus({
    publish: (_messages: readonly never[]) => Promise.resolve(),
    consume: (subscription: never) => {
      handlers.push((subscription as { handle: () => Promise<unknown> }).handle);
      return Promise.resolve();
    },
  });
  const ledger = crashing.ledger({ handleMany: (_commands: readonly never[]) => Promise.resolve([]) });
  await bus.consume({ handle: () => Promise.resolve() } as never);
  for (round = 1; round <= 3; round += 1) {
    await store.append([]);
    await bus.publish([]);
    await handlers[0]?.();
    await ledger.handleMany([]);
    if (armed && round === 1) process.emit('SIGUSR2');
  }
  return deaths;
}
