import { DAY_MS, dayNumber, dayText, plusMonths, weekdayOf } from './civil-day.ts';
import { assertZone, offsetsOf } from './zone-offsets.ts';

/**
 * Days and local times of one time zone. Instants are epoch milliseconds, days are `YYYY-MM-DD`. Text that is no day and
 * instants outside the years 0000 to 9999 are a RangeError.
 */
export interface Calendar {
  /** IANA name, as asked for. */
  readonly zone: string;
  /** The local day in which the instant falls. */
  dayOf(instantMs: number): string;
  /** First instant of the day (in a zone that skips midnight, the instant after the gap). */
  startOfDay(day: string): number;
  /** First instant after the day. */
  endOfDay(day: string): number;
  /** n calendar months later; where that month is shorter, its last day. */
  addMonths(day: string, months: number): string;
  addDays(day: string, days: number): string;
  /** ISO 8601: Monday 1 … Sunday 7. */
  weekday(day: string): 1 | 2 | 3 | 4 | 5 | 6 | 7;
  /**
   * `YYYY-MM-DDTHH:MM:SS` on the wall clock to an instant. A time that occurs twice means its first occurrence; a time that
   * does not occur (clocks go forward) moves forward by the length of the gap: 02:30 becomes 03:30.
   */
  toInstant(localDateTime: string): number;
  /** `+02:00`; the offsets of before about 1900, which have seconds, are cut to the minute. */
  offsetText(instantMs: number): string;
}

/** Zones remembered. There are about 600 in the IANA database: nothing is ever forgotten in practice. */
const ZONES_MAX = 1024;

const LOCAL_PATTERN = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/;

const calendars = new Map<string, Calendar>();

/** The calendar of an IANA zone, memoised. An unknown zone is a RangeError. */
export function calendarOf(zone: string): Calendar {
  const known = calendars.get(zone);
  if (known !== undefined) return known;
  assertZone(zone);
  if (calendars.size >= ZONES_MAX) calendars.clear();
  const made = makeCalendar(zone);
  calendars.set(zone, made);
  return made;
}

function makeCalendar(zone: string): Calendar {
  const offsetAt = offsetsOf(zone);

  /** First instant that shows this local time, else (in a gap) undefined. */
  function firstShowing(localMs: number): number | undefined {
    // The offset a day before and a day after bracket any change; the earlier one gives the earlier instant.
    const before = offsetAt(localMs - DAY_MS);
    if (offsetAt(localMs - before) === before) return localMs - before;
    const after = offsetAt(localMs + DAY_MS);
    return offsetAt(localMs - after) === after ? localMs - after : undefined;
  }

  function startOfDay(day: string): number {
    const localMs = dayNumber(day) * DAY_MS;
    return firstShowing(localMs) ?? firstInstantAfterGap(localMs, offsetAt);
  }

  return {
    zone,
    dayOf: (instantMs) => dayText(Math.floor((instantMs + offsetAt(instantMs)) / DAY_MS)),
    startOfDay,
    endOfDay: (day) => startOfDay(dayText(dayNumber(day) + 1)),
    addMonths: plusMonths,
    addDays: (day, days) => dayText(dayNumber(day) + days),
    weekday: weekdayOf,
    toInstant: (localDateTime) => {
      const localMs = localMilliseconds(localDateTime);
      return firstShowing(localMs) ?? localMs - offsetAt(localMs - DAY_MS);
    },
    offsetText: (instantMs) => textOfOffset(offsetAt(instantMs)),
  };
}

/** Bisects for the change of offset that swallowed this local time. */
function firstInstantAfterGap(localMs: number, offsetAt: (ms: number) => number): number {
  let beforeMs = localMs - offsetAt(localMs - DAY_MS) - DAY_MS;
  let afterMs = localMs - offsetAt(localMs + DAY_MS) + DAY_MS;
  const oldOffset = offsetAt(beforeMs);
  while (afterMs - beforeMs > 1) {
    const middleMs = Math.floor((beforeMs + afterMs) / 2);
    if (offsetAt(middleMs) === oldOffset) beforeMs = middleMs;
    else afterMs = middleMs;
  }
  return afterMs;
}

function localMilliseconds(localDateTime: string): number {
  const parts = LOCAL_PATTERN.exec(localDateTime);
  if (parts === null) throw new RangeError(`not a local date and time: ${JSON.stringify(localDateTime)}`);
  const [, day = '', hours, minutes, seconds] = parts;
  return dayNumber(day) * DAY_MS + (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}

function textOfOffset(offsetMs: number): string {
  const minutes = Math.trunc(Math.abs(offsetMs) / 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}
