import { calendarOf } from './calendar.ts';

/** Which period an instant belongs to. Pure: the same instant is of the same period for ever, in every process. */
export interface BookPeriods {
  /** Number of the period. */
  at(instantMs: number): number;
  /** First instant of the period that the instant belongs to. */
  beginOf(instantMs: number): number;
}

const DIGITS_OF_YEAR = 4;

/**
 * Periods are calendar years of the zone and have their numbers: 2026, 2027, … A wallet's first period is 1 whatever the year, because
 * whoever opens a wallet need not know the calendar; its books are closed with the year in which it was opened.
 */
export function calendarYears(zone: string): BookPeriods {
  const calendar = calendarOf(zone);
  let year = { period: 0, from: 0, to: 0 };
  const yearOf = (instantMs: number): typeof year => {
    if (instantMs >= year.from && instantMs < year.to) return year; // asked for each wallet of a batch: nearly always the same year
    const period = Number(calendar.dayOf(instantMs).slice(0, DIGITS_OF_YEAR));
    const firstDay = (of: number): number => calendar.startOfDay(`${String(of).padStart(DIGITS_OF_YEAR, '0')}-01-01`);
    year = { period, from: firstDay(period), to: firstDay(period + 1) };
    return year;
  };
  return { at: (instantMs) => yearOf(instantMs).period, beginOf: (instantMs) => yearOf(instantMs).from };
}
