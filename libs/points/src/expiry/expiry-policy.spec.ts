import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { utc, utcMonths } from '../testing/commands.ts';
import {
  EXPIRY_MINIMUM_DAYS_MAX, EXPIRY_MONTHS_MAX, expiryOf, extensionOf, type ExpiryPolicy,
} from './expiry-policy.ts';

const calendar = utcMonths;
const dates = (minimumDays: number, ...of: readonly string[]): ExpiryPolicy => ({ kind: 'dates', dates: of, minimumDays });

describe('expiryOf', () => {
  it.each<[string, ExpiryPolicy, string, string | null]>([
    ['never', { kind: 'never' }, '2026-02-10', null],
    ['months later, on the same day', { kind: 'months', months: 12 }, '2026-02-10', '2027-02-10'],
    ['months later, clamped (G11)', { kind: 'months', months: 1 }, '2026-01-31', '2026-02-28'],
    ['months later, clamped in a leap year', { kind: 'months', months: 1 }, '2028-01-31', '2028-02-29'],
    ['the end of a month', { kind: 'endOfMonth', months: 12 }, '2026-02-10', '2027-02-28'],
    ['the end of a month, from its last day', { kind: 'endOfMonth', months: 1 }, '2026-01-31', '2026-02-28'],
    ['a day of the year', dates(0, '12-31'), '2026-02-10', '2026-12-31'],
    ['that very day', dates(0, '12-31'), '2026-12-31', '2026-12-31'],
    ['a day within a month', dates(0, '06-15', '06-20'), '2026-06-16', '2026-06-20'],
    ['the next year, when all of them are over', dates(0, '06-15', '03-01'), '2026-06-16', '2027-03-01'],
    ['the next year where too few days are left', dates(60, '12-31'), '2026-11-15', '2027-12-31'],
    ['exactly as many days as asked for', dates(60, '12-31'), '2026-11-01', '2026-12-31'],
    ['the first of several days', dates(30, '12-31', '06-30'), '2026-06-10', '2026-12-31'],
    ['29 February in a common year', dates(0, '02-29'), '2026-02-10', '2026-02-28'],
    ['29 February in a leap year', dates(0, '02-29'), '2028-02-10', '2028-02-29'],
    ['months after the last activity', { kind: 'inactivity', months: 18 }, '2026-02-10', '2027-08-10'],
  ])('%s', (_, policy, day, validThrough) => {
    const expiresAt = validThrough === null ? null : utc.endOfDay(validThrough);
    expect(expiryOf(policy, day, calendar)).toEqual({ validThrough, expiresAt });
  });

  it.each<[string, ExpiryPolicy]>([
    ['no months', { kind: 'months', months: 0 }], ['half a month', { kind: 'endOfMonth', months: 0.5 }],
    ['too many months', { kind: 'inactivity', months: EXPIRY_MONTHS_MAX + 1 }], ['no dates', dates(0)], ['a date and more', dates(0, '12-311')], ['more and a date', dates(0, '112-31')],
    ['a date no year has', dates(0, '02-30')], ['a date that is none', dates(0, '31-12')], ['fewer days than none', dates(-1, '12-31')],
    ['too many days', dates(EXPIRY_MINIMUM_DAYS_MAX + 1, '12-31')], ['another kind', { kind: 'moon' } as never],
  ])('%s: throws', (_, policy) => {
    expect(() => expiryOf(policy, '2026-02-10', calendar)).toThrow(RangeError);
    expect(() => expiryOf(policy, '2026-02-10', calendar)).toThrow(/No such|needs a date/);
  });

  it('the limits themselves are taken', () => {
    expect(expiryOf({ kind: 'months', months: EXPIRY_MONTHS_MAX }, '2026-02-10', calendar).validThrough).toBe('2126-02-10');
    expect(expiryOf(dates(EXPIRY_MINIMUM_DAYS_MAX, '12-31'), '2026-02-10', calendar).validThrough).toBe('2029-12-31');
  });

  it('who earns later never loses earlier', () => {
    const policies = fc.constantFrom<ExpiryPolicy>(
      { kind: 'months', months: 5 }, { kind: 'endOfMonth', months: 2 }, dates(45, '03-31', '12-31', '02-29'),
    );
    fc.assert(fc.property(policies, fc.nat({ max: 4_000 }), (policy, days) => {
      const day = utc.addDays('2024-01-01', days);
      const [one, next] = [day, utc.addDays(day, 1)].map((of) => expiryOf(policy, of, calendar).validThrough ?? '');
      expect((one ?? '') <= (next ?? '')).toBe(true);
      expect((one ?? '') >= day).toBe(true);
    }));
  });
});

describe('extensionOf', () => {
  it('says what an activity gives, under inactivity only', () => {
    expect(extensionOf({ kind: 'inactivity', months: 1 }, '2026-01-31', calendar))
      .toEqual({ validThrough: '2026-02-28', expiresAt: utc.endOfDay('2026-02-28') });
    expect(extensionOf({ kind: 'months', months: 1 }, '2026-01-31', calendar)).toBeUndefined();
  });
});
