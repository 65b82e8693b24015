import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { calendarYears } from './calendar-years.ts';

describe('the period of an instant', () => {
  it('given the turn of a year, then it is that of the zone, and a period begins with its first instant', () => {
    const madrid = calendarYears('Europe/Madrid');
    const turn = Date.parse('2026-12-31T23:00:00Z');
    expect([madrid.at(turn - 1), madrid.at(turn), calendarYears('Atlantic/Canary').at(turn)]).toEqual([2026, 2027, 2026]);
    expect(madrid.beginOf(turn)).toBe(turn);
    expect(madrid.beginOf(turn - 1)).toBe(Date.parse('2025-12-31T23:00:00Z'));
  });

  it('given instants in any order, then each is of the same period as when it is asked for alone', () => {
    const instant = fc.integer({ min: Date.parse('2000-01-01T00:00:00Z'), max: Date.parse('2100-01-01T00:00:00Z') });
    const kept = calendarYears('Europe/Madrid');
    fc.assert(fc.property(fc.array(instant), (instants) => {
      expect(instants.map((at) => kept.at(at))).toEqual(instants.map((at) => calendarYears('Europe/Madrid').at(at)));
    }));
  });
});
