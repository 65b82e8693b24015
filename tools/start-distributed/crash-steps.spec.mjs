import { describe, expect, it } from '@jest/globals';
import { CRASH_POINTS, parseCrashPlan } from '@trebol/chassis';
import { casesOf, CRASHED, STEPS, timeAfter } from './crash-steps.mjs';
import { seeded } from './seeded.mjs';

const cases = (more) => casesOf({ runs: 20, short: false, random: seeded(1), ...more });
const ofYears = (all) => all.map(({ step }) => step === 'year');

describe('cases of a crash loop', () => {
  it('given 20 runs, then every crash point has 20, dealt among all steps that come to it, and years come last', () => {
    const all = cases();
    expect(new Set(CRASHED)).toEqual(new Set(CRASH_POINTS));
    expect(CRASHED.map((point) => all.filter((one) => one.point === point).length)).toEqual(CRASHED.map(() => 20));
    for (const [step, { points }] of Object.entries(STEPS)) {
      expect(new Set(all.filter((one) => one.step === step).map(({ point }) => point))).toEqual(new Set(points));
    }
    expect(ofYears(all)).toEqual(ofYears(all).toSorted((left, right) => Number(left) - Number(right)));
    for (const { point, occurrence } of all) expect(parseCrashPlan(`${point}:${occurrence}`)).toMatchObject({ point, occurrence });
    expect(cases()).toEqual(all);
  });

  it('given a short run, then each point is once in an import, and each other step once', () => {
    const steps = cases({ short: true }).map(({ step }) => step);
    expect(steps.filter((step) => step === 'import')).toHaveLength(CRASH_POINTS.length);
    expect(steps.filter((step) => step !== 'import')).toEqual(Object.keys(STEPS).filter((step) => step !== 'import'));
  });

  it('given the time after a step, then only a year moves it', () => {
    expect(timeAfter('import', 5)).toBe(5);
    expect(timeAfter('year', 0)).toBeGreaterThan(365 * 86_400_000);
  });
});
