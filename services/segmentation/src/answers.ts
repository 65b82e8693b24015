import { currency, day, instant, memberId, prefixedId } from '@trebol/contracts';
import { z } from 'zod';
import type { FactExport } from './export-facts/export-facts.ts';
import type { ExportManifest, ExportRecord } from './export-record.ts';
import type { Cutpoints, GroupFigures, IdentifiedShare, SegmentMap, StoredRun } from './run-record.ts';

/** Shapes of the answers, for the OpenAPI document; the compiler compares each with the record that is sent. */
const count = z.int().min(0);
const runId = prefixedId('run');
const texts = z.strictObject({ es: z.string(), en: z.string() });
/** Day, orders and minor units of a customer or a group. */
const figures = { orders: count, amountMinor: z.int() };

const share = z.strictObject({ identified: z.int(), all: z.int(), basisPoints: z.int() });
const identifiedShare = z.strictObject({ lines: share, amount: share }) satisfies z.ZodType<IdentifiedShare>;

const cutpoints = z.strictObject({
  recencyDays: z.array(z.number()), orders: z.array(z.number()), amountMinor: z.array(z.number()),
}) satisfies z.ZodType<Cutpoints>;

const segmentMap = z.strictObject({
  id: z.string(), version: z.int(), axes: z.array(z.enum(['r', 'f', 'm'])),
  groups: z.array(z.strictObject({ id: z.string(), name: texts })),
  rules: z.array(z.strictObject({ group: z.string(), cells: z.array(z.string()) })),
}) satisfies z.ZodType<SegmentMap>;

const inputs = z.strictObject({
  asOf: instant, asOfDay: day, zone: z.string(),
  window: z.union([z.literal('allTime'), z.strictObject({ days: z.int() })]),
  purchase: z.enum(['receipt', 'distinctDay']), returns: z.literal('ignored'), voids: z.literal('notAPurchase'),
  lineFilters: z.strictObject({ quantityAbove: z.number(), unitPriceAbove: z.number() }),
  population: z.strictObject({ tickets: z.literal('withMember'), members: z.literal('active'), merged: z.literal('underSurvivor') }),
  currency, minorUnits: count,
  scoring: z.strictObject({ method: z.literal('type1Quintiles'), cutpointsOf: runId.exactOptional() }),
  map: segmentMap,
}) satisfies z.ZodType<StoredRun['inputs']>;

const group = z.strictObject({ group: z.string(), members: count, ...figures }) satisfies z.ZodType<GroupFigures>;

/** How far the topics had been read. */
const positions = z.array(z.strictObject({ topic: z.string(), partition: z.int(), offset: z.string() }));

/** A run: its inputs, cutpoints and counts. */
export const runAnswer = z.strictObject({
  runId, createdAt: instant, inputs, cutpoints,
  counts: z.strictObject({ members: count, lines: count, ...figures }),
  scores: z.strictObject({ r: z.array(count), f: z.array(count), m: z.array(count) }),
  groups: z.array(group.extend({ segmentId: z.string(), name: texts })),
  identifiedShare,
  facts: z.strictObject({
    tickets: count, lines: count, members: count, inputsHash: z.string(),
    positions,
  }),
}) satisfies z.ZodType<StoredRun>;

/** The groups of the latest run of each map. */
export const segmentsAnswer = z.strictObject({
  segments: z.array(z.strictObject({
    segmentId: z.string(), name: texts, runId, asOf: instant, zone: z.string(), members: count, ...figures, currency, identifiedShare,
  })),
  next: z.null(),
});

/** A page of a segment's members. */
export const segmentMembersAnswer = z.strictObject({
  segmentId: z.string(), runId, asOf: instant, identifiedShare,
  members: z.array(z.strictObject({
    memberId, scores: z.strictObject({ r: z.int(), f: z.int(), m: z.int() }), group: z.string(), lastPurchaseDay: day, ...figures,
  })),
  next: z.string().nullable(),
});

const file = { rows: count, bytes: count, sha256: z.string() };
const asked = { segmentId: z.string(), destination: z.string(), purpose: z.string(), format: z.literal('csv') };

/** A finished export. */
export const exportAnswer = z.strictObject({
  exportId: prefixedId('exp'), createdAt: instant, ...asked, runId, status: z.literal('completed'), ...file, identifiedShare,
  file: z.string().describe('path of the file'), manifest: z.string().describe('path of the manifest'),
}) satisfies z.ZodType<ExportRecord>;

/** The facts as Parquet. */
export const factsAnswer = z.strictObject({
  factsId: prefixedId('fct'), createdAt: instant, positions,
  files: z.array(z.strictObject({ table: z.enum(['ticket', 'line', 'member']), ...file, file: z.string().describe('path of the file') })),
}) satisfies z.ZodType<FactExport>;

/** What is in the file of an export and why. */
export const manifestAnswer = z.strictObject({
  ...asked, segmentName: texts, runId, map: z.strictObject({ id: z.string(), version: z.int() }), asOf: instant, zone: z.string(),
  inputsHash: z.string(), columns: z.array(z.string()), ...file,
  filters: z.array(z.strictObject({
    filter: z.enum(['population', 'rules', 'suppression', 'consent']), applied: z.boolean(), kept: count,
  })),
  identifiedShare,
}) satisfies z.ZodType<ExportManifest>;
