import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Ids } from '@trebol/contracts';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import { rowsOf } from '../transaction.ts';
import type { ImportFailure } from './import-failure.ts';
import type { ImportFormat, ImportJob } from './import-table.ts';
import { type ImportProgress, RunImport, type RunParts } from './run-import.ts';
import { type FileFacts, fileFacts, stageFile } from './stage-file.ts';

/** Imports of one tenant that are waiting or running; a chain that sends more has a fault in its nightly job. */
const OPEN_IMPORTS_MAX = 10;
/** Attempts at an import when the platform fails (not the file), and the pause before the next. */
const RUN_ATTEMPTS_MAX = 5;
const RETRY_PAUSE_MS = 2_000;
/** Milliseconds between two looks whether another process has finished this tenant's import. */
const LOCK_PAUSE_MS = 500;

export interface ImportParts extends RunParts {
  readonly dataSource: DataSource;
  readonly ids: Ids;
  /** Uploaded files are kept in it until they are imported. */
  readonly dataFolder: string;
  readonly onFailure: (error: unknown) => void;
}

/** A file to import. `history`: tickets may be older than the programme's days. */
export interface ImportRequest {
  readonly tenant: string;
  readonly source: { readonly path: string } | {
    readonly stream: AsyncIterable<Uint8Array>;
    readonly name: string;
    /** The sender says that it is gzip. */
    readonly gzip?: boolean;
  };
  readonly format: ImportFormat;
  readonly history: boolean;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The tenant has too many imports open. */
export class TooManyImports extends Error {
  override readonly name = 'TooManyImports';
}

/**
 * Imports of files, one at a time per tenant over all processes. An import that was cut short goes on where it was, when its file
 * is sent again or the process that has the file starts.
 */
export class ImportJobs {
  private readonly last = new Map<string, Promise<void>>();
  private stopping = new AbortController();

  constructor(private readonly parts: ImportParts) {}

  /** Goes on with imports whose file this process has. */
  async start(): Promise<void> {
    this.stopping = new AbortController();
    for (const job of await this.parts.table.openJobs()) {
      if (job.path?.startsWith(this.folder())) void this.queue(job, { signal: this.stopping.signal });
    }
  }

  /** Stops after the batch in hand; what is left goes on at the next start. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.last.values());
  }

  /**
   * Keeps an uploaded file and queues it; answers the import, or the open one of the same content. Throws `TooManyImports`,
   * `FileTooLarge`, `NotGzip`.
   */
  async submit(request: ImportRequest): Promise<ImportJob> {
    const job = await this.open(request);
    void this.queue(job, { signal: this.stopping.signal });
    return job;
  }

  /** Imports a file and answers the import when it is over. Aborting leaves it open: the same file goes on where it was. */
  async importFile(request: ImportRequest): Promise<ImportJob> {
    const job = await this.open(request);
    const path = 'path' in request.source ? request.source.path : job.path;
    const signal = request.signal ? AbortSignal.any([request.signal, this.stopping.signal]) : this.stopping.signal;
    await this.queue({ ...job, path }, { signal, onProgress: request.onProgress });
    signal.throwIfAborted();
    return (await this.parts.table.get(job.tenant, job.importId)) ?? job;
  }

  private async open(request: ImportRequest): Promise<ImportJob> {
    const { tenant, source, format, history } = request;
    if ((await this.parts.table.countOpen(tenant)) >= OPEN_IMPORTS_MAX) throw new TooManyImports();
    const importId = this.parts.ids.prefixed('imp');
    const staged = 'path' in source ? undefined : join(this.folder(), importId);
    const facts = await this.facts(source, staged);
    const name = 'path' in source ? basename(source.path) : source.name;
    const job = await this.parts.table.open(
      { tenant, importId, ...facts, name, format, history, createdAt: this.parts.clock.now(), path: staged },
    );
    return job;
  }

  private async facts(source: ImportRequest['source'], staged: string | undefined): Promise<FileFacts> {
    if ('path' in source) return fileFacts(source.path);
    await mkdir(this.folder(), { recursive: true, mode: 0o700 });
    return stageFile(source.stream, staged ?? '', { gzip: source.gzip === true });
  }

  private folder(): string { return resolve(this.parts.dataFolder, 'imports'); }

  /** After the tenant's import before it. A job queued twice finds itself done and ends at once. */
  private queue(job: ImportJob, options: RunOptions): Promise<void> {
    const before = this.last.get(job.tenant) ?? Promise.resolve();
    const run = before.then(() => this.runToEnd(job, options)).catch((error: unknown) => this.parts.onFailure(error));
    const tail = run.finally(() => { if (this.last.get(job.tenant) === tail) this.last.delete(job.tenant); });
    this.last.set(job.tenant, tail);
    return tail;
  }

  private async runToEnd(job: ImportJob, options: RunOptions): Promise<void> {
    const { clock, table } = this.parts;
    for (let attempt = 1; !options.signal.aborted; attempt += 1) {
      try {
        await this.alone(job.tenant, options.signal, () => this.runOnce(job, options));
        return;
      } catch (error) {
        if (options.signal.aborted) return;
        this.parts.onFailure(error);
        if (attempt === RUN_ATTEMPTS_MAX) {
          const cause = error instanceof Error ? error.message : String(error);
          const current = await table.get(job.tenant, job.importId);
          await this.end(job, { code: 'interrupted', cause, atRow: current?.tally.rows.read ?? 0 });
          return;
        }
        await clock.sleep(RETRY_PAUSE_MS, options.signal);
      }
    }
  }

  private async runOnce(queued: ImportJob, options: RunOptions): Promise<void> {
    const { table, clock } = this.parts;
    const job = await table.get(queued.tenant, queued.importId);
    const path = queued.path ?? job?.path;
    if (!job || path === undefined || job.state === 'done' || job.state === 'failed') return;
    await table.started(job, clock.now());
    const run = new RunImport(this.parts, job, options.onProgress);
    const { failure } = await run.run(createReadStream(path) as AsyncIterable<Buffer>, options.signal);
    await this.end({ ...job, path }, failure);
  }

  /** Says that an import is over; an uploaded file is not needed any more. */
  private async end(job: ImportJob, failure: ImportFailure | undefined): Promise<void> {
    await this.parts.table.ended(job, { at: this.parts.clock.now(), failure });
    if (job.path?.startsWith(this.folder())) await rm(job.path, { force: true });
  }

  /** Holds the tenant's import lock while working. It belongs to a connection, so it is gone when this process is. */
  private async alone(tenant: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const runner = this.parts.dataSource.createQueryRunner();
    const name = [`earning.import/${tenant}`];
    try {
      const client = (await runner.connect()) as ClientBase;
      for (;;) {
        const [row] = await rowsOf<{ got: boolean }>(client, 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got', name);
        if (row?.got) break;
        await this.parts.clock.sleep(LOCK_PAUSE_MS, signal);
        signal.throwIfAborted();
      }
      try {
        await work();
      } finally {
        await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', name).catch(() => undefined);
      }
    } finally {
      await runner.release();
    }
  }
}

interface RunOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}
