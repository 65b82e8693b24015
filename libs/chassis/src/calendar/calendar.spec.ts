import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { calendarOf } from './calendar.ts';

const madrid = calendarOf('Europe/Madrid');
const canary = calendarOf('Atlantic/Canary');

const ms = (text: string) => Date.parse(text);

/** Zones with awkward rules: no midnight on change days, half hours, a skipped day, four changes a year, none at all. */
const ZONES = ['Europe/Madrid', 'Atlantic/Canary', 'America/Santiago', 'Asia/Beirut', 'Australia/Lord_Howe', 'Pacific/Apia',
  'Africa/Casablanca', 'Asia/Kathmandu', 'UTC'] as const;

const zone = fc.constantFrom(...ZONES);
const instant = fc.integer({ min: ms('1980-01-01T00:00:00Z'), max: ms('2060-01-01T00:00:00Z') });
const day = instant.map((at) => new Date(at).toISOString().slice(0, 10));

describe('calendar of a zone', () => {
  it('given the day Madrid loses an hour, then it lasts 23 hours; the day it gains one, 25', () => {
    expect(madrid.endOfDay('2026-03-29') - madrid.startOfDay('2026-03-29')).toBe(23 * 3_600_000);
    expect(madrid.endOfDay('2026-10-25') - madrid.startOfDay('2026-10-25')).toBe(25 * 3_600_000);
  });

  it('given a local time that does not occur, then it moves forward by the gap', () => {
    expect(madrid.toInstant('2026-03-29T02:30:00')).toBe(ms('2026-03-29T03:30:00+02:00'));
    expect(canary.toInstant('2026-03-29T01:30:00')).toBe(ms('2026-03-29T02:30:00+01:00'));
  });

  it('given a local time that occurs twice, then the first is meant', () => {
    expect(madrid.toInstant('2026-10-25T02:30:00')).toBe(ms('2026-10-25T02:30:00+02:00'));
    expect(canary.toInstant('2026-10-25T01:30:00')).toBe(ms('2026-10-25T01:30:00+01:00'));
  });

  it('given one instant, then Madrid and the Canaries may be on different days', () => {
    const at = ms('2026-06-30T22:30:00Z');
    expect([madrid.dayOf(at), canary.dayOf(at)]).toEqual(['2026-07-01', '2026-06-30']);
    expect([madrid.offsetText(at), canary.offsetText(at)]).toEqual(['+02:00', '+01:00']);
    expect(calendarOf('America/Santiago').offsetText(at)).toBe('-04:00');
  });

  it('given the last day of a long month, when months are added, then it is clamped to the last day there is', () => {
    expect(madrid.addMonths('2026-01-31', 1)).toBe('2026-02-28');
    expect(madrid.addMonths('2028-01-31', 1)).toBe('2028-02-29');
    expect(madrid.addMonths('2028-02-29', 12)).toBe('2029-02-28');
    expect(madrid.addMonths('2026-01-15', -13)).toBe('2024-12-15');
  });

  it('given days around an end of year, then days and weekdays count on', () => {
    expect(madrid.addDays('2025-12-31', 1)).toBe('2026-01-01');
    expect(madrid.addDays('2024-03-01', -1)).toBe('2024-02-29');
    expect(madrid.weekday('2026-03-29')).toBe(7);
    expect(madrid.weekday('1969-12-29')).toBe(1);
  });

  it.each(['2026-02-29', '2026-13-01', '26-01-01', '2026-1-1', ''])('given %p, which is no day, then it is refused', (text) => {
    expect(() => madrid.startOfDay(text)).toThrow(RangeError);
  });

  const notLocalTimes = ['2026-03-29T24:00:00', '2026-03-29 02:00:00', '2026-03-29T02:00'];
  it.each(notLocalTimes)('given %p, which is no local time, then it is refused', (text) => {
    expect(() => madrid.toInstant(text)).toThrow(RangeError);
  });

  it.each(['Europe/Madrit', '+02:00', '', 'Mars/Olympus'])('given %p, which is no zone, then it is refused', (name) => {
    expect(() => calendarOf(name)).toThrow(RangeError);
  });

  it('given an instant that is none, then it is refused', () => {
    expect(() => madrid.dayOf(Number.NaN)).toThrow(RangeError);
  });
});

describe('calendar against Temporal', () => {
  const plainOf = (at: number, name: string) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(name);

  it('given any instant, then its day and offset are the same', () => {
    fc.assert(fc.property(zone, instant, (name, at) => {
      const expected = plainOf(at, name);
      expect(calendarOf(name).dayOf(at)).toBe(expected.toPlainDate().toString());
      expect(calendarOf(name).offsetText(at)).toBe(expected.offset);
    }), { numRuns: 1000 });
  });

  it('given any day, then it starts and ends at the same instants', () => {
    fc.assert(fc.property(zone, day, (name, text) => {
      const date = Temporal.PlainDate.from(text);
      expect(calendarOf(name).startOfDay(text)).toBe(date.toZonedDateTime(name).epochMilliseconds);
      expect(calendarOf(name).endOfDay(text)).toBe(date.add({ days: 1 }).toZonedDateTime(name).epochMilliseconds);
    }), { numRuns: 500 });
  });

  it('given any local time, also around a change of clocks, then it is the same instant', () => {
    const nearChange = fc.tuple(zone, instant, fc.integer({ min: -10_800, max: 10_800 })).map(([name, at, seconds]) => {
      const change = plainOf(at, name).getTimeZoneTransition('next');
      const local = (change ?? plainOf(at, name)).toPlainDateTime().add({ seconds });
      return { name, local: local.toString({ fractionalSecondDigits: 0 }) };
    });
    fc.assert(fc.property(nearChange, ({ name, local }) => {
      const expected = Temporal.PlainDateTime.from(local).toZonedDateTime(name, { disambiguation: 'compatible' });
      expect(calendarOf(name).toInstant(local)).toBe(expected.epochMilliseconds);
    }), { numRuns: 1000 });
  });

  it('given any day, when months and days are added, then it is the same day', () => {
    fc.assert(fc.property(day, fc.integer({ min: -240, max: 240 }), (text, count) => {
      const date = Temporal.PlainDate.from(text);
      expect(madrid.addMonths(text, count)).toBe(date.add({ months: count }).toString());
      expect(madrid.addDays(text, count)).toBe(date.add({ days: count }).toString());
      expect(madrid.weekday(text)).toBe(date.dayOfWeek);
    }), { numRuns: 500 });
  });
});
