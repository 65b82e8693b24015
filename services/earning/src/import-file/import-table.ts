import { binaryArray } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { Sentence } from '../reasons.ts';
import type { Reject } from './format.ts';
import type { ImportFailure } from './import-failure.ts';
import type { RejectCode } from './reject-reasons.ts';
import { EMPTY_TALLY, type Tally } from './tally.ts';

/** Faults of rows kept of one import; the rest is only counted. Enough to see what is wrong with a file, and 10 MB at most. */
export const REJECTS_KEPT_MAX = 10_000;

export type ImportFormat = 'onlineRetail' | 'ndjson';
export type ImportState = 'queued' | 'running' | 'done' | 'failed';

/** An import as it stands. Instants in milliseconds. */
export interface ImportJob {
  readonly tenant: string;
  readonly importId: string;
  readonly contentSha: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly format: ImportFormat;
  readonly history: boolean;
  readonly state: ImportState;
  /** Items of the file that are applied: where to go on. */
  readonly itemsDone: number;
  /** Bytes of the file that were read when that was written. */
  readonly bytesRead: number;
  readonly tally: Tally;
  readonly rejectsKept: number;
  readonly failure: ImportFailure | undefined;
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly path: string | undefined;
}

interface JobRow {
  tenant: string; import_id: string; content_sha: string; name: string; size_bytes: string; format: ImportFormat;
  history: boolean; state: ImportState;
  items_done: string; bytes_read: string; counts: string; rejects_kept: number; failure: string | null; created_at: Date;
  started_at: Date | null; ended_at: Date | null;
  path: string | null;
}

const COLUMNS = `tenant, import_id, content_sha, name, size_bytes, format, history, state, items_done, bytes_read, counts,
  rejects_kept, failure, created_at,
  started_at, ended_at, path`;

export type NewJob = Pick<ImportJob,
  'tenant' | 'importId' | 'contentSha' | 'name' | 'sizeBytes' | 'format' | 'history' | 'createdAt' | 'path'>;

/** Imports and their rejects, in the table. */
export class ImportTable {
  constructor(private readonly dataSource: DataSource) {}

  /** The open import of the same content and options if there is one (so it is continued), else a new one. */
  async open(job: NewJob): Promise<ImportJob> {
    const same = [job.tenant, job.contentSha, job.format, job.history] as const;
    await this.dataSource.query(`
      INSERT INTO earning.import_job (tenant, import_id, content_sha, name, size_bytes, format, history, state,
        items_done, bytes_read, counts, rejects_kept, created_at, path)
      VALUES ($1, $5, $2, $6, $7, $3, $4, 'queued', 0, 0, $8, 0, $9, $10)
      ON CONFLICT (tenant, content_sha, format, history) WHERE state IN ('queued', 'running') DO UPDATE SET path = excluded.path`,
    [...same, job.importId, job.name, job.sizeBytes, JSON.stringify(EMPTY_TALLY), new Date(job.createdAt), job.path ?? null]);
    const rows: JobRow[] = await this.dataSource.query(`
      SELECT ${COLUMNS} FROM earning.import_job
      WHERE tenant = $1 AND content_sha = $2 AND format = $3 AND history = $4 AND state IN ('queued', 'running')`, [...same]);
    const [row] = rows;
    if (!row) throw new Error('the import was finished by another process while it was opened; send it again');
    return jobOf(row);
  }

  async get(tenant: string, importId: string): Promise<ImportJob | undefined> {
    const rows: JobRow[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM earning.import_job WHERE tenant = $1 AND import_id = $2`, [tenant, importId],
    );
    return rows[0] && jobOf(rows[0]);
  }

  /** All that are not over, oldest first. */
  async openJobs(): Promise<readonly ImportJob[]> {
    const rows: JobRow[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM earning.import_job WHERE state IN ('queued', 'running') ORDER BY created_at, import_id`);
    return rows.map(jobOf);
  }

  async countOpen(tenant: string): Promise<number> {
    const [row]: { n: number }[] = await this.dataSource.query(
      `SELECT count(*)::int4 AS n FROM earning.import_job WHERE tenant = $1 AND state IN ('queued', 'running')`, [tenant]);
    return row?.n ?? 0;
  }

  async started(job: ImportJob, at: number): Promise<void> {
    await this.dataSource.query(
      `UPDATE earning.import_job SET state = 'running', started_at = coalesce(started_at, $3) WHERE tenant = $1 AND import_id = $2`,
      [job.tenant, job.importId, new Date(at)]);
  }

  async ended(job: ImportJob, end: { readonly at: number; readonly failure: ImportFailure | undefined }): Promise<void> {
    await this.dataSource.query(
      'UPDATE earning.import_job SET state = $3, failure = $4, ended_at = $5, path = NULL WHERE tenant = $1 AND import_id = $2',
      [job.tenant, job.importId, end.failure ? 'failed' : 'done', end.failure ? JSON.stringify(end.failure) : null, new Date(end.at)]);
  }

  /** A page of rejects in order of row and field, those after `after`. */
  async rejects(job: ImportJob, page: { readonly after?: Pick<Reject, 'row' | 'field'>; readonly limit: number }): Promise<readonly Reject[]> {
    const rows: { row: string; field: string; code: RejectCode; excerpt: string; message: string | null }[] = await this.dataSource.query(`
      SELECT row, field, code, excerpt, message FROM earning.import_reject
      WHERE tenant = $1 AND import_id = $2 AND (row, field) > ($3, $4) ORDER BY row, field LIMIT $5`,
    [job.tenant, job.importId, page.after?.row ?? 0, page.after?.field ?? '', page.limit]);
    return rows.map(({ row, message, ...rest }) =>
      ({ ...rest, row: Number(row), ...(message === null ? {} : { message: JSON.parse(message) as Sentence }) }));
  }
}

/** How far an import has come, and the rejects since the last note. */
export interface Progress extends Pick<ImportJob, 'itemsDone' | 'bytesRead' | 'tally' | 'rejectsKept'> {
  readonly rejects: readonly Reject[];
}

/** Notes how far an import has come, inside the transaction that takes the tickets it speaks of. */
export async function writeProgress(client: ClientBase, job: ImportJob, progress: Progress): Promise<void> {
  const { rejects } = progress;
  if (rejects.length > 0) {
    await client.query(`
      INSERT INTO earning.import_reject (tenant, import_id, row, field, code, excerpt, message)
      SELECT $1, $2, r.row, r.field, r.code, r.excerpt, r.message
      FROM unnest($3::int8[], $4::text[], $5::text[], $6::text[], $7::text[]) AS r(row, field, code, excerpt, message)`, [
      job.tenant, job.importId, binaryArray('int8', rejects.map(({ row }) => row)), binaryArray('text', rejects.map(({ field }) => field)),
      binaryArray('text', rejects.map(({ code }) => code)), binaryArray('text', rejects.map(({ excerpt }) => excerpt)),
      binaryArray('text', rejects.map(({ message }) => (message === undefined ? null : JSON.stringify(message)))),
    ]);
  }
  await client.query(`
    UPDATE earning.import_job SET items_done = $3, bytes_read = $4, counts = $5, rejects_kept = $6
    WHERE tenant = $1 AND import_id = $2`,
    [job.tenant, job.importId, progress.itemsDone, progress.bytesRead, JSON.stringify(progress.tally), progress.rejectsKept]);
}

const jobOf = (row: JobRow): ImportJob => ({
  tenant: row.tenant, importId: row.import_id, contentSha: row.content_sha, name: row.name, sizeBytes: Number(row.size_bytes),
  format: row.format,
  history: row.history, state: row.state, itemsDone: Number(row.items_done), bytesRead: Number(row.bytes_read),
  tally: { ...EMPTY_TALLY, ...(JSON.parse(row.counts) as Partial<Tally>) }, rejectsKept: row.rejects_kept,
  failure: row.failure === null ? undefined : (JSON.parse(row.failure) as ImportFailure), createdAt: row.created_at.getTime(),
  startedAt: row.started_at?.getTime(), endedAt: row.ended_at?.getTime(), path: row.path ?? undefined,
});
