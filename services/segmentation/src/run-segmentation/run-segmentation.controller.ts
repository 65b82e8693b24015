/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { answered, Caller, Documented, IdempotencyKey, IdempotencyStore, Problem, RequireScope, validated } from '@trebol/chassis';
import { z } from 'zod';
import { runAnswer, segmentMembersAnswer, segmentsAnswer } from '../answers.ts';
import { derivedId } from '../derived-id.ts';
import type { StoredRun } from '../run-record.ts';
import { StoredRuns } from '../stored-runs.ts';
import { ListSegments, type Segment, type SegmentMembers } from './list-segments.ts';
import { runId, runRequest, type RunRequest } from './run-request.ts';
import { RunSegmentation } from './run-segmentation.ts';

type Reply = Parameters<typeof answered>[0];

const segmentParam = z.string().min(3).max(81);
const page = z.strictObject({ cursor: z.string().max(200).optional(), limit: z.coerce.number().int().min(1).max(100).default(50) });

@Controller('v1')
export class RunSegmentationController {
  constructor(
    @Inject(RunSegmentation) private readonly segmentation: RunSegmentation,
    @Inject(StoredRuns) private readonly runs: StoredRuns,
    @Inject(ListSegments) private readonly listing: ListSegments,
    @Inject(IdempotencyStore) private readonly idempotency: IdempotencyStore,
  ) {}

  @Post('segmentation/runs')
  @RequireScope('segments:write')
  @Documented({
    summary: 'Score all customers as of an instant', answers: { 201: runAnswer },
    problems: ['mapUnknown', 'cutpointsUnknown', 'currencyAmbiguous', 'nothingToScore'],
  })
  async run(
    @Caller() caller: Caller, @IdempotencyKey() key: string, @Body(validated(runRequest)) request: RunRequest,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<unknown> {
    const { tenant } = caller;
    const answer = await this.idempotency.run({ tenant, operation: 'segmentation.runs.create', key, body: request }, async () =>
      ({ status: 201, body: await this.segmentation.run(tenant, derivedId('run', tenant, key), request) }));
    return answered(reply, answer);
  }

  @Get('segmentation/runs/:id')
  @RequireScope('segments:read')
  @Documented({ summary: 'A run: its inputs, cutpoints and counts', answers: { 200: runAnswer }, problems: ['runNotFound'] })
  async show(@Caller() caller: Caller, @Param('id', validated(runId)) id: string): Promise<StoredRun> {
    const run = await this.runs.find(caller.tenant, id);
    if (!run) throw new Problem('runNotFound');
    return run;
  }

  @Get('segments')
  @RequireScope('segments:read')
  @Documented({ summary: 'The groups of the latest run of each map', answers: { 200: segmentsAnswer } })
  async segments(@Caller() caller: Caller): Promise<{ segments: readonly Segment[]; next: null }> {
    return { segments: await this.listing.segments(caller.tenant), next: null };
  }

  @Get('segments/:id/members')
  @RequireScope('segments:read')
  @Documented({ summary: 'Members of a segment with their scores', answers: { 200: segmentMembersAnswer }, problems: ['segmentNotFound'] })
  members(
    @Caller() caller: Caller, @Param('id', validated(segmentParam)) id: string, @Query(validated(page)) query: z.output<typeof page>,
  ): Promise<SegmentMembers> {
    return this.listing.members(caller.tenant, id, query);
  }
}
