import { Problem } from '@trebol/chassis';
import { prefixedId, type Clock } from '@trebol/contracts';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { ExportManifest, ExportRecord } from '../export-record.ts';
import type { MemberStanding } from '../facts.ts';
import type { ScoredMember, StoredRun } from '../run-record.ts';
import type { StoredRuns } from '../stored-runs.ts';
import { AudienceExportTable } from '../tables.ts';
import { INTERNAL_COLUMNS, writeAudience, writeWhole } from './write-audience.ts';

/** Members read and written at a time: about 1 MB. */
const PAGE_ROWS = 5_000;

/** Where an audience may go. `internal` contacts nobody, so it asks for no consent; anything not listed gets nobody. */
const DESTINATIONS: ReadonlySet<string> = new Set(['internal']);

/** `POST /v1/exports`. */
export const exportRequest = z.strictObject({
  segmentId: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,39}:[A-Za-z][A-Za-z0-9-]{0,39}$/, 'Must be a segment such as "rf25:champions"'),
  destination: z.string().min(1).max(60),
  purpose: z.string().min(1).max(60),
  format: z.literal('csv'),
});
export type ExportRequest = z.output<typeof exportRequest>;

/** Id of an export. */
export const exportId = prefixedId('exp');

export interface ExportParts {
  readonly clock: Clock;
  readonly dataSource: DataSource;
  readonly runs: StoredRuns;
  readonly standing: MemberStanding;
  /** Folder of this service; files go to `<dataFolder>/exports`. */
  readonly dataFolder: string;
}

/** Writes a segment of its latest run to a file with a manifest. */
export class ExportAudience {
  readonly #parts: ExportParts;

  constructor(parts: ExportParts) {
    this.#parts = parts;
  }

  /**
   * Makes the export, or answers the one that has this id. File and manifest are on disk before the export is recorded, so a
   * recorded export can always be fetched. Problems: destinationUnknown, segmentNotFound.
   */
  async create(tenant: string, id: string, request: ExportRequest): Promise<ExportRecord> {
    const known = await this.find(tenant, id);
    if (known) return known;
    if (!DESTINATIONS.has(request.destination)) throw new Problem('destinationUnknown', { destination: request.destination });
    const found = await this.#parts.runs.latestOf(tenant, request.segmentId);
    if (!found) throw new Problem('segmentNotFound', { segmentId: request.segmentId });
    const { run, group } = found;
    const paths = this.paths(id);
    const file = await writeAudience(paths.file, this.#present(tenant, { runId: run.runId, group: group.group }), run.inputs.currency);
    const manifest = manifestOf(request, { run, group }, file);
    await writeWhole(paths.manifest, (write) => write(Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)));
    const record: ExportRecord = {
      exportId: id, createdAt: new Date(this.#parts.clock.now()).toISOString(), ...request, runId: run.runId, status: 'completed',
      ...file, identifiedShare: run.identifiedShare, file: `/v1/exports/${id}/file`, manifest: `/v1/exports/${id}/manifest`,
    };
    const row = { tenant, exportId: id, createdAt: new Date(record.createdAt), record };
    await this.#exports().createQueryBuilder().insert().values(row).orIgnore().execute();
    return (await this.find(tenant, id)) ?? record;
  }

  async find(tenant: string, id: string): Promise<ExportRecord | undefined> {
    return (await this.#exports().findOneBy({ tenant, exportId: id }))?.record;
  }

  /** Where the files of an export are. */
  paths(id: string): { readonly file: string; readonly manifest: string } {
    const base = join(this.#parts.dataFolder, 'exports', id);
    return { file: `${base}.csv`, manifest: `${base}.manifest.json` };
  }

  #exports() {
    return this.#parts.dataSource.getRepository(AudienceExportTable);
  }

  /** Members of the group in order of id, without those blocked, merged or erased since the run. */
  async *#present(tenant: string, of: { runId: string; group: string }): AsyncGenerator<readonly ScoredMember[]> {
    const { runs, standing } = this.#parts;
    for (let after = '', full = true; full;) {
      const page = await runs.members(tenant, of, { after, limit: PAGE_ROWS });
      const inactive = await standing.inactiveAmong(tenant, page.map((member) => member.memberId));
      yield page.filter((member) => !inactive.has(member.memberId));
      after = page.at(-1)?.memberId ?? after;
      full = page.length === PAGE_ROWS;
    }
  }
}

function manifestOf(
  request: ExportRequest, of: { readonly run: StoredRun; readonly group: StoredRun['groups'][number] },
  file: { readonly rows: number; readonly bytes: number; readonly sha256: string },
): ExportManifest {
  const { inputs, runId, counts, identifiedShare } = of.run;
  return {
    segmentId: request.segmentId, segmentName: of.group.name, runId, map: { id: inputs.map.id, version: inputs.map.version },
    asOf: inputs.asOf, zone: inputs.zone, inputsHash: of.run.facts.inputsHash, destination: request.destination,
    purpose: request.purpose, format: request.format, columns: INTERNAL_COLUMNS, ...file,
    filters: [
      { filter: 'population', applied: true, kept: counts.members },
      { filter: 'rules', applied: true, kept: of.group.members },
      { filter: 'suppression', applied: true, kept: file.rows },
      { filter: 'consent', applied: false, kept: file.rows },
    ],
    identifiedShare,
  };
}
