import type { Language } from '@trebol/contracts';
import { failureText, type ImportFailure } from './import-failure.ts';
import type { ImportJob } from './import-table.ts';
import type { Tally } from './tally.ts';

/** An import as its path and the command line show it. Counts add up: `read` is the sum of the others, of rows and of tickets. */
export interface ImportAnswer extends Tally {
  readonly importId: string;
  readonly state: ImportJob['state'];
  readonly name: string;
  readonly format: string;
  readonly history: boolean;
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly rowsPerSecond: number | null;
  /** Rejected rows that can be downloaded; the rest was only counted. */
  readonly rejectsKept: number;
  /** `detail` is a sentence for people; `cause`, where there is one, is for operators. */
  readonly failure: (ImportFailure & { readonly detail: string }) | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

const instantText = (milliseconds: number | undefined): string | null => (
  milliseconds === undefined ? null : new Date(milliseconds).toISOString()
);

/** Renders an import in the reader's language. The rate is known once it is over. */
export function importAnswer(job: ImportJob, language: Language): ImportAnswer {
  const seconds = job.startedAt !== undefined && job.endedAt !== undefined ? (job.endedAt - job.startedAt) / 1_000 : 0;
  return {
    importId: job.importId, state: job.state, name: job.name, format: job.format, history: job.history,
    bytesRead: job.state === 'done' ? job.sizeBytes : job.bytesRead, bytesTotal: job.sizeBytes, ...job.tally,
    rowsPerSecond: seconds > 0 ? Math.round(job.tally.rows.read / seconds) : null, rejectsKept: job.rejectsKept,
    failure: job.failure ? { ...job.failure, detail: failureText(job.failure, language) } : null,
    createdAt: new Date(job.createdAt).toISOString(), startedAt: instantText(job.startedAt), endedAt: instantText(job.endedAt),
  };
}
