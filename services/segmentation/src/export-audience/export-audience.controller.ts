/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Get, Inject, Param, Post, Res, type StreamableFile } from '@nestjs/common';
import { answered, Caller, Documented, files, IdempotencyKey, IdempotencyStore, Problem, RequireScope, validated } from '@trebol/chassis';
import { exportAnswer, manifestAnswer } from '../answers.ts';
import { derivedId } from '../derived-id.ts';
import type { ExportRecord } from '../export-record.ts';
import { streamFile } from '../stream-file.ts';
import { ExportAudience, exportId, exportRequest, type ExportRequest } from './export-audience.ts';

type Reply = Parameters<typeof answered>[0];

@Controller('v1/exports')
export class ExportAudienceController {
  constructor(
    @Inject(ExportAudience) private readonly exports: ExportAudience,
    @Inject(IdempotencyStore) private readonly idempotency: IdempotencyStore,
  ) {}

  @Post()
  @RequireScope('exports:write')
  @Documented({
    summary: 'Write a segment to a file with a manifest', answers: { 201: exportAnswer }, problems: ['destinationUnknown', 'segmentNotFound'],
  })
  async create(
    @Caller() caller: Caller, @IdempotencyKey() key: string, @Body(validated(exportRequest)) request: ExportRequest,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<unknown> {
    const { tenant } = caller;
    const answer = await this.idempotency.run({ tenant, operation: 'segmentation.exports.create', key, body: request }, async () =>
      ({ status: 201, body: await this.exports.create(tenant, derivedId('export', tenant, key), request) }));
    return answered(reply, answer);
  }

  @Get(':id')
  @RequireScope('exports:read')
  @Documented({ summary: 'An export: rows and hash of its file', answers: { 200: exportAnswer }, problems: ['exportNotFound'] })
  async show(@Caller() caller: Caller, @Param('id', validated(exportId)) id: string): Promise<ExportRecord> {
    return this.#known(caller.tenant, id);
  }

  @Get(':id/file')
  @RequireScope('exports:read')
  @Documented({
    summary: 'The file of an export', problems: ['exportNotFound'],
    answers: { 200: files(['text/csv'], 'A header and a line for each member; columns as in the manifest') },
  })
  async file(@Caller() caller: Caller, @Param('id', validated(exportId)) id: string): Promise<StreamableFile> {
    await this.#known(caller.tenant, id);
    return streamFile(this.exports.paths(id).file, `attachment; filename="${id}.csv"`, 'text/csv; charset=utf-8; header=present');
  }

  @Get(':id/manifest')
  @RequireScope('exports:read')
  @Documented({ summary: 'What is in the file of an export and why', answers: { 200: manifestAnswer }, problems: ['exportNotFound'] })
  async manifest(@Caller() caller: Caller, @Param('id', validated(exportId)) id: string): Promise<StreamableFile> {
    await this.#known(caller.tenant, id);
    return streamFile(this.exports.paths(id).manifest, 'inline', 'application/json; charset=utf-8');
  }

  async #known(tenant: string, id: string): Promise<ExportRecord> {
    const record = await this.exports.find(tenant, id);
    if (!record) throw new Problem('exportNotFound');
    return record;
  }
}
