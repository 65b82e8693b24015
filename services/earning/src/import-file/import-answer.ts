import { instant, type Language } from '@trebol/contracts';
import { z } from 'zod';
import { failureText, IMPORT_FAILURE_CODES } from './import-failure.ts';
import type { ImportJob } from './import-table.ts';
import { rejectReasons } from './reject-reasons.ts';
import type { Counts, RejectCount } from './tally.ts';

const count = z.int().min(0);
const counts = z.strictObject({
  read: count, rated: count, withoutMember: count, awaitingOriginal: count, tooOld: count, quarantined: count, rejected: count, unchanged: count,
}) satisfies z.ZodType<Counts>;

const rejectedRows = z.strictObject({
  code: z.string(),
  rows: z.int().min(1).describe('rows rejected with this code; of several faults of a row the first counts'),
  sentence: z.string().describe('the reason in the reader\'s language'),
  first: z.strictObject({
    row: z.int().min(1), column: z.string().describe('column, or pointer in ndjson; empty: the whole row'),
    message: z.string().describe('what exactly is wrong there, in the reader\'s language'),
  }).readonly().describe('the first of these rows'),
}).readonly();

/** An import as its path and the command line show it. Counts add up: `read` is the sum of the others, of rows and of tickets. */
export const importShown = z.strictObject({
  importId: z.string(),
  state: z.enum(['queued', 'running', 'done', 'failed']),
  name: z.string(),
  format: z.string(),
  history: z.boolean(),
  bytesRead: count,
  bytesTotal: count,
  rows: counts.readonly(),
  tickets: counts.readonly(),
  points: z.strictObject({ earned: count, reversed: count }).readonly(),
  /** Why rows were rejected, most frequent first, one entry for each code; `rows` add up to `rows.rejected`. */
  rejectedBy: z.array(rejectedRows).readonly(),
  rowsPerSecond: count.nullable(),
  /** Faults of rows that can be downloaded; the rest was only counted. */
  rejectsKept: count,
  /** `detail` is a sentence for people; `cause`, where there is one, is for operators. */
  failure: z.strictObject({
    code: z.enum(IMPORT_FAILURE_CODES), detail: z.string(), cause: z.string().optional(), missing: z.array(z.string()).readonly().optional(),
    unexpected: z.array(z.string()).readonly().optional(), atByte: count.optional(), atRow: count,
  }).readonly().nullable(),
  createdAt: instant,
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
}).readonly();
export type ImportAnswer = z.output<typeof importShown>;

const instantText = (milliseconds: number | undefined): string | null => (
  milliseconds === undefined ? null : new Date(milliseconds).toISOString()
);

/** Renders an import in the reader's language. The rate is known once it is over. */
export function importAnswer(job: ImportJob, language: Language): ImportAnswer {
  const seconds = job.startedAt !== undefined && job.endedAt !== undefined ? (job.endedAt - job.startedAt) / 1_000 : 0;
  return {
    importId: job.importId, state: job.state, name: job.name, format: job.format, history: job.history,
    bytesRead: job.state === 'done' ? job.sizeBytes : job.bytesRead, bytesTotal: job.sizeBytes, ...job.tally,
    rejectedBy: rejectedByOf(job.tally.rejectedBy, language),
    rowsPerSecond: seconds > 0 ? Math.round(job.tally.rows.read / seconds) : null, rejectsKept: job.rejectsKept,
    failure: job.failure ? { ...job.failure, detail: failureText(job.failure, language) } : null,
    createdAt: new Date(job.createdAt).toISOString(), startedAt: instantText(job.startedAt), endedAt: instantText(job.endedAt),
  };
}

const rejectedByOf = (counts: readonly RejectCount[], language: Language): ImportAnswer['rejectedBy'] =>
  counts.toSorted((left, right) => right.rows - left.rows || left.row - right.row).map(({ code, rows, row, field, message }) => {
    const sentence = rejectReasons[code][language];
    return { code, rows, sentence, first: { row, column: field, message: message?.[language] ?? sentence } };
  });
