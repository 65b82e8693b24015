export const DAY_MS = 86_400_000;

/** Day tables are emptied at this size (about 22 years of days each way); they fill again in microseconds. */
const MEMO_DAYS_MAX = 8192;

const DAY_PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/;

const numberByText = new Map<string, number>();
const textByNumber = new Map<number, string>();

function remember<K, V>(memo: Map<K, V>, key: K, value: V): V {
  if (memo.size >= MEMO_DAYS_MAX) memo.clear();
  memo.set(key, value);
  return value;
}

const pad = (value: number, width: number) => String(value).padStart(width, '0');

/** Days since 1970-01-01 of the proleptic Gregorian calendar. Text that is no day of the calendar is a RangeError. */
export function dayNumber(day: string): number {
  const known = numberByText.get(day);
  if (known !== undefined) return known;
  const parts = DAY_PATTERN.exec(day);
  const found = parts === null ? Number.NaN : civilToNumber(Number(parts[1]), Number(parts[2]), Number(parts[3]));
  if (Number.isNaN(found) || dayText(found) !== day) throw new RangeError(`not a day of the calendar: ${JSON.stringify(day)}`);
  return remember(numberByText, day, found);
}

/** `YYYY-MM-DD` of a number of days since 1970-01-01; outside the years 0000 to 9999 it is a RangeError. */
export function dayText(number: number): string {
  const known = textByNumber.get(number);
  if (known !== undefined) return known;
  const { year, month, day } = numberToCivil(number);
  if (!(year >= 0 && year <= 9999)) throw new RangeError(`outside the years 0000 to 9999: day number ${number}`);
  return remember(textByNumber, number, `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`);
}

function civilToNumber(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1 || day > 31) return Number.NaN;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / DAY_MS;
}

function numberToCivil(number: number): { year: number; month: number; day: number } {
  const date = new Date(number * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** The day n months later (or earlier); where that month has no such day, its last day: 31 January + 1 month is 28 or 29 February. */
export function plusMonths(day: string, months: number): string {
  const { year, month, day: dayOfMonth } = numberToCivil(dayNumber(day));
  const index = year * 12 + (month - 1) + months;
  const targetYear = Math.floor(index / 12);
  const targetMonth = index - targetYear * 12 + 1;
  const firstOfNext = civilToNumber(targetMonth === 12 ? targetYear + 1 : targetYear, targetMonth === 12 ? 1 : targetMonth + 1, 1);
  const first = civilToNumber(targetYear, targetMonth, 1);
  return dayText(first + Math.min(dayOfMonth, firstOfNext - first) - 1);
}

/** ISO 8601: Monday is 1, Sunday is 7. */
export function weekdayOf(day: string): 1 | 2 | 3 | 4 | 5 | 6 | 7 {
  // Day 0, 1970-01-01, was a Thursday.
  return (((((dayNumber(day) + 3) % 7) + 7) % 7) + 1) as 1 | 2 | 3 | 4 | 5 | 6 | 7;
}
