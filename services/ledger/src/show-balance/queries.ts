import { day, instant, memberId } from '@trebol/contracts';
import type { Calendar } from '@trebol/chassis';
import { z } from 'zod';
import { revisionOfCursor } from './show-entries.ts';

/** Most entries of one page. */
const ENTRIES_MAX = 100;
const ENTRIES_DEFAULT = 50;

/** The member a path speaks of. */
export const memberParam = memberId;

/** `?pointType=`: one of the programme's; without it the currency. */
const pointType = z.string().min(1).max(60).optional();

/** `?asOf=`: an instant. */
export const readingQuery = z.strictObject({ asOf: instant.optional(), pointType });

const dayOrInstant = z.string().refine(
  (text) => day.safeParse(text).success || instant.safeParse(text).success,
  'Must be a day that exists, such as 2026-02-10, or an instant with its offset, such as 2026-02-10T18:31:07+01:00',
);

/** `?from=&to=&cursor=&limit=`: instants or days of the programme's zone; a day given as `to` is included whole. */
export const entriesQuery = z.strictObject({
  pointType,
  from: dayOrInstant.optional(),
  to: dayOrInstant.optional(),
  cursor: z.string().max(100).refine((cursor) => revisionOfCursor(cursor) !== undefined, 'Is not a cursor of this list').optional(),
  limit: z.coerce.number().pipe(z.int().min(1).max(ENTRIES_MAX)).default(ENTRIES_DEFAULT),
});

/** First instant of what a `from` names. */
export const fromInstant = (text: string, calendar: Calendar): number =>
  day.safeParse(text).success ? calendar.startOfDay(text) : Date.parse(text);

/** First instant after what a `to` names. */
export const toInstant = (text: string, calendar: Calendar): number =>
  day.safeParse(text).success ? calendar.endOfDay(text) : Date.parse(text);
