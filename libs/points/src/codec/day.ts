const MILLISECONDS_PER_DAY = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Days whose text is remembered, some 80 years of them: every lot of every wallet names one, and formatting a date is slow. */
const DAYS_REMEMBERED_MAX = 30_000;

const numbers = new Map<string, number>();
const texts = new Map<number, string>();

/** A calendar day as a number: days since 1970-01-01. Throws RangeError on a day that the calendar does not have. */
export function dayNumber(day: string): number {
  const known = numbers.get(day);
  if (known !== undefined) return known;
  const number = DAY.test(day) ? Date.parse(`${day}T00:00:00Z`) / MILLISECONDS_PER_DAY : Number.NaN;
  if (!Number.isSafeInteger(number) || format(number) !== day) throw new RangeError(`No such day: "${day}"`);
  if (numbers.size < DAYS_REMEMBERED_MAX) numbers.set(day, number);
  return number;
}

/** `YYYY-MM-DD` of a day number. */
export function dayText(number: number): string {
  const known = texts.get(number);
  if (known !== undefined) return known;
  const text = format(number);
  if (texts.size < DAYS_REMEMBERED_MAX) texts.set(number, text);
  return text;
}

const format = (number: number): string => new Date(number * MILLISECONDS_PER_DAY).toISOString().slice(0, 10);
