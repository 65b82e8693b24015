/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Controller, Get, Inject, Param, Post, Res, type StreamableFile } from '@nestjs/common';
import { answered, Caller, Documented, files, IdempotencyKey, IdempotencyStore, Problem, RequireScope, validated } from '@trebol/chassis';
import { z } from 'zod';
import { factsAnswer } from '../answers.ts';
import { derivedId } from '../derived-id.ts';
import { streamFile } from '../stream-file.ts';
import { ExportFacts, type FactExport, factsId } from './export-facts.ts';
import { FACT_TABLE_NAMES, type FactTable } from './write-parquet.ts';

type Reply = Parameters<typeof answered>[0];

/** Registered with IANA for Apache Parquet. */
const PARQUET = 'application/vnd.apache.parquet';
const table = z.enum(FACT_TABLE_NAMES);

/** Facts for analysts. */
@Controller('v1/segmentation/facts')
export class ExportFactsController {
  constructor(
    @Inject(ExportFacts) private readonly exports: ExportFacts,
    @Inject(IdempotencyStore) private readonly idempotency: IdempotencyStore,
  ) {}

  @Post()
  @RequireScope('exports:write')
  @Documented({ summary: 'Write the purchase facts as Parquet: tickets, their lines, members without personal data', answers: { 201: factsAnswer } })
  async create(@Caller() { tenant }: Caller, @IdempotencyKey() key: string, @Res({ passthrough: true }) reply: Reply): Promise<unknown> {
    const answer = await this.idempotency.run({ tenant, operation: 'segmentation.facts.export', key, body: {} }, async () =>
      ({ status: 201, body: await this.exports.create(tenant, derivedId('facts', tenant, key)) }));
    return answered(reply, answer);
  }

  @Get(':id')
  @RequireScope('exports:read')
  @Documented({ summary: 'An export of the facts: its files, as long as it is kept', answers: { 200: factsAnswer }, problems: ['exportNotFound'] })
  async show(@Caller() { tenant }: Caller, @Param('id', validated(factsId)) id: string): Promise<FactExport> {
    return this.#known(tenant, id);
  }

  @Get(':id/:table')
  @RequireScope('exports:read')
  @Documented({
    summary: 'One table of an export of the facts', problems: ['exportNotFound'],
    answers: { 200: files([PARQUET], 'Columns as in the README of segmentation') },
  })
  async file(
    @Caller() { tenant }: Caller, @Param('id', validated(factsId)) id: string, @Param('table', validated(table)) name: FactTable,
  ): Promise<StreamableFile> {
    await this.#known(tenant, id);
    return streamFile(this.exports.path(tenant, id, name), `attachment; filename="${name}.parquet"`, PARQUET);
  }

  async #known(tenant: string, id: string): Promise<FactExport> {
    const made = await this.exports.find(tenant, id);
    if (!made) throw new Problem('exportNotFound');
    return made;
  }
}
