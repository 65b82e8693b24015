/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Readable } from 'node:stream';
import { Body, Controller, Get, Header, Headers, HttpCode, Inject, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { Caller, Documented, files, Lang, Problem, RequireScope, validated } from '@trebol/chassis';
import { type Language, prefixedId } from '@trebol/contracts';
import { z } from 'zod';
import '../problems.ts';
import { fieldProblem, isByteStream } from '../request-body.ts';
import { csvField } from './csv-row.ts';
import type { Reject } from './format.ts';
import { type ImportAnswer, importAnswer, importShown } from './import-answer.ts';
import { ImportJobs, TooManyImports } from './import-jobs.ts';
import { type ImportJob, ImportTable } from './import-table.ts';
import { rejectReasons } from './reject-reasons.ts';
import { FileTooLarge, IMPORT_BYTES_MAX, NotGzip } from './stage-file.ts';

const importQuery = z.strictObject({
  format: z.enum(['onlineRetail', 'ndjson']), history: z.enum(['true', 'false']).default('false'),
  name: z.string().min(1).max(120).optional(),
});
const importId = prefixedId('imp');
/** Rejects read at once while the CSV is sent. */
const REJECTS_PAGE = 1_000;

/** Files of tickets. */
@Controller('v1/imports')
export class ImportsController {
  constructor(@Inject(ImportJobs) private readonly jobs: ImportJobs, @Inject(ImportTable) private readonly table: ImportTable) {}

  @Post()
  @HttpCode(202)
  @RequireScope('imports:write')
  @Documented({
    summary: 'Send a file of tickets (application/gzip, text/csv or application/x-ndjson); the same file again goes on where it was',
    body: files(['application/gzip', 'text/csv', 'application/x-ndjson'], 'The file; compressed or not'), answers: { 202: importShown },
    problems: ['importTooLarge', 'notGzip', 'tooManyImports'],
  })
  async create(
    @Body() body: unknown, @Query(validated(importQuery)) query: z.output<typeof importQuery>, @Caller() who: Caller, @Lang() language: Language,
    @Headers('content-type') type: string,
  ): Promise<ImportAnswer> {
    if (!isByteStream(body)) throw new Problem('unsupportedMediaType');
    if (who.storeId !== undefined) throw fieldProblem(
      '', { en: 'A key bound to a store cannot import files', es: 'Una clave ligada a una tienda no puede importar ficheros' },
    );
    const gzip = type.startsWith('application/gzip') || query.name?.endsWith('.gz') === true;
    const source = { stream: body, name: query.name ?? 'upload', gzip };
    try {
      const request = { tenant: who.tenant, source, format: query.format, history: query.history === 'true' };
      return importAnswer(await this.jobs.submit(request), language);
    } catch (error) {
      if (error instanceof TooManyImports) throw new Problem('tooManyImports');
      if (error instanceof NotGzip) throw new Problem('notGzip');
      if (error instanceof FileTooLarge) throw new Problem('importTooLarge', { limitBytes: IMPORT_BYTES_MAX });
      throw error;
    }
  }

  @Get(':id')
  @RequireScope('imports:read')
  @Documented({ summary: 'Progress and counts of an import', answers: { 200: importShown }, problems: ['importNotFound'] })
  async show(@Param('id', validated(importId)) id: string, @Caller() who: Caller, @Lang() language: Language): Promise<ImportAnswer> {
    return importAnswer(await this.find(who.tenant, id), language);
  }

  @Get(':id/rejects')
  @RequireScope('imports:read')
  @Header('content-type', 'text/csv; charset=utf-8')
  @Documented({
    summary: 'Rows that were rejected, quarantined or too old, as CSV: every fault of a row, 8 at most', problems: ['importNotFound'],
    answers: { 200: files(['text/csv'], 'A header, then row, column, code, value and message of each, at most 10,000') },
  })
  async rejects(@Param('id', validated(importId)) id: string, @Caller() who: Caller, @Lang() language: Language): Promise<StreamableFile> {
    const job = await this.find(who.tenant, id);
    return new StreamableFile(Readable.from(this.rejectsCsv(job, language)), { type: 'text/csv; charset=utf-8' });
  }

  private async find(tenant: string, id: string): Promise<ImportJob> {
    const job = await this.table.get(tenant, id);
    if (!job) throw new Problem('importNotFound', { importId: id });
    return job;
  }

  private async* rejectsCsv(job: ImportJob, language: Language): AsyncGenerator<Buffer> {
    yield Buffer.from('row,column,code,value,message\r\n');
    for (let after = { row: 0, field: '' }; ;) {
      const page = await this.table.rejects(job, { after, limit: REJECTS_PAGE });
      const last = page.at(-1);
      if (!last) return;
      yield Buffer.from(page.map((reject) => csvRow(reject, language)).join(''));
      after = last;
    }
  }
}

const csvRow = ({ row, field, code, excerpt, message }: Reject, language: Language): string =>
  `${[row, field, code, excerpt, (message ?? rejectReasons[code])[language]].map(csvField).join(',')}\r\n`;
