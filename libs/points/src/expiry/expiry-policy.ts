import type { LotGrant } from '../commands.ts';

/** How long points live. Months and days are those of the programme's zone. */
export type ExpiryPolicy =
  | { readonly kind: 'never' }
  /** So many months after the day they were earned; 31 January + 1 month is the last of February (G11). */
  | { readonly kind: 'months'; readonly months: number }
  /** To the end of the month that is so many months after that of the day. */
  | { readonly kind: 'endOfMonth'; readonly months: number }
  /** To the first of these days of the year (`MM-DD`) that leaves so many days at least. 29 February is the 28th in a common year. */
  | { readonly kind: 'dates'; readonly dates: readonly string[]; readonly minimumDays: number }
  /** So many months after the member was last active: each activity gives all open lots this day, see `extensionOf`. */
  | { readonly kind: 'inactivity'; readonly months: number };

/** What of a calendar expiry depends on; the chassis' calendar fits. */
export interface ExpiryCalendar {
  addDays(day: string, days: number): string;
  /** Clamps to the last day of the month. */
  addMonths(day: string, months: number): string;
  /** First instant after the day. */
  endOfDay(day: string): number;
}

export type Expiry = Pick<LotGrant, 'expiresAt' | 'validThrough'>;

/** Months of a policy: a hundred years; beyond it "never" is meant. */
export const EXPIRY_MONTHS_MAX = 1_200;

/** Least days a date of the year may ask for: beyond three years months are the plainer rule. */
export const EXPIRY_MINIMUM_DAYS_MAX = 1_100;

/**
 * The last day of points earned on a day (`YYYY-MM-DD`), and the instant they lapse. Pure. Throws RangeError on a policy that cannot be
 * meant: a number out of range, a day of the year that no year has.
 */
export function expiryOf(policy: ExpiryPolicy, day: string, calendar: ExpiryCalendar): Expiry {
  const validThrough = lastDay(policy, day, calendar);
  return { validThrough, expiresAt: validThrough === null ? null : calendar.endOfDay(validThrough) };
}

/**
 * What an activity on a day gives open lots, for the command `ExtendPoints`; undefined under a policy that does not ask for activity. The
 * ledger keeps the later of two days, so activities may arrive in any order.
 */
export function extensionOf(
  policy: ExpiryPolicy, day: string, calendar: ExpiryCalendar,
): { readonly expiresAt: number; readonly validThrough: string } | undefined {
  if (policy.kind !== 'inactivity') return undefined;
  const validThrough = calendar.addMonths(day, monthsOf(policy.months));
  return { validThrough, expiresAt: calendar.endOfDay(validThrough) };
}

function lastDay(policy: ExpiryPolicy, day: string, calendar: ExpiryCalendar): string | null {
  switch (policy.kind) {
    case 'never': return null;
    case 'months':
    case 'inactivity': return calendar.addMonths(day, monthsOf(policy.months));
    case 'endOfMonth': return lastOfMonth(calendar.addMonths(firstOfMonth(day), monthsOf(policy.months)), calendar);
    case 'dates': return firstDate(policy, day, calendar);
    default: {
      const unknown: never = policy;
      throw new RangeError(`No such expiry policy: ${JSON.stringify(unknown)}`);
    }
  }
}

function firstDate(policy: Extract<ExpiryPolicy, { kind: 'dates' }>, day: string, calendar: ExpiryCalendar): string {
  const { minimumDays, dates } = policy;
  if (dates.length === 0) throw new RangeError('An expiry by dates needs a date');
  if (!isWhole(minimumDays, 0, EXPIRY_MINIMUM_DAYS_MAX)) throw new RangeError(`No such number of days: ${minimumDays}`);
  const earliest = calendar.addDays(day, minimumDays);
  const year = Number(earliest.slice(0, 4));
  const [first] = [year, year + 1]
    .flatMap((of) => dates.map((date) => dateIn(of, date, calendar)))
    .filter((date) => date >= earliest).toSorted();
  if (first === undefined) throw new RangeError(`No date of ${dates.join(', ')} is after ${earliest}`);
  return first;
}

function dateIn(year: number, date: string, calendar: ExpiryCalendar): string {
  if (!/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(date) || date > `${date.slice(0, 3)}${DAYS[Number(date.slice(0, 2)) - 1]}`) {
    throw new RangeError(`No such day of the year: "${date}"`);
  }
  const whole = `${year}-${date}`;
  const last = lastOfMonth(firstOfMonth(whole), calendar);
  return whole < last ? whole : last;
}

/** Days of the months of a leap year. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const firstOfMonth = (day: string): string => `${day.slice(0, 7)}-01`;
const lastOfMonth = (first: string, calendar: ExpiryCalendar): string => calendar.addDays(calendar.addMonths(first, 1), -1);

function monthsOf(months: number): number {
  if (!isWhole(months, 1, EXPIRY_MONTHS_MAX)) throw new RangeError(`No such number of months: ${months}`);
  return months;
}

const isWhole = (value: number, from: number, to: number): boolean => Number.isSafeInteger(value) && value >= from && value <= to;
