import { rename, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { TrebolClient } from '../client.ts';
import type { Reporter } from '../reporter.ts';
import type { SessionOf } from '../session.ts';

/** An RFM run as its path answers it. */
export interface RunAnswer {
  readonly runId: string;
  readonly inputs: { readonly asOf: string };
  readonly groups: readonly {
    readonly id: string;
    readonly name: { readonly es: string; readonly en: string };
    readonly members: number;
  }[];
  readonly identifiedShare: { readonly lines: { readonly identified: number; readonly all: number } };
}

export interface ExportAnswer { readonly exportId: string; readonly rows: number; readonly sha256: string }

interface RunOptions { readonly asOf: string; readonly zone: string; readonly currency?: string }
interface ExportOptions { readonly purpose: string; readonly to?: string }

/** `trebol segment run | export`: RFM groups, and a group as a file. */
export function segmentCommand(root: Command, sessionOf: SessionOf): void {
  const segment = root.command('segment').description('RFM and audiences / RFM y audiencias');
  segment.command('run').requiredOption('--as-of <instant>', 'RFC 3339').option(
    '--zone <zone>', 'IANA zone in which days are counted', 'Europe/Madrid'
  ).option('--currency <code>', 'ISO 4217, where there are sales in several / donde haya ventas en varias')
    .action(async (options: RunOptions, command: Command) => {
      const { reporter, overHttp } = sessionOf(command);
      const run = await overHttp((client) => runRfm(client, options));
      reporter.document(run);
      if (!reporter.json) printGroups(reporter, run);
    });
  segment.command('export <segmentId>').description('for instance rf25:champions').option(
    '--purpose <purpose>', 'why the file is made', 'analysis'
  ).option('--to <file>', 'write the CSV here and the manifest beside it')
    .action(async (segmentId: string, options: ExportOptions, command: Command) => {
      const { reporter, overHttp } = sessionOf(command);
      await overHttp(async (client) => {
        const made = await exportSegment(client, segmentId, options.purpose);
        if (options.to) await download(client, made.exportId, options.to);
        reporter.document(made);
        if (!reporter.json) {
          reporter.line(
            `  ${made.exportId}: ${reporter.number(made.rows)} ${reporter.say('filas', 'rows')}, SHA-256 ${made.sha256}`
          );
        }
      });
    });
}

/**
 * Scores every member as the facts are now. Each call is a run of its own; the same facts and inputs give the
 * same scores.
 */
export async function runRfm(client: TrebolClient, { asOf, zone, currency }: RunOptions): Promise<RunAnswer> {
  return client.post<RunAnswer>(
    '/v1/segmentation/runs', {
      asOf, zone, scoring: 'type1Quintiles', map: 'rf25', ...(currency === undefined ? {} : { currency }),
    }, client.freshKey()
  );
}

/** Makes the file of a segment, as the latest run has it, for use inside the company. */
export async function exportSegment(
  client: TrebolClient, segmentId: string, purpose: string
): Promise<ExportAnswer> {
  return client.post<ExportAnswer>(
    '/v1/exports', { segmentId, destination: 'internal', purpose, format: 'csv' }, client.freshKey()
  );
}

/** Writes the export and its manifest, each whole or not at all. */
export async function download(client: TrebolClient, exportId: string, file: string): Promise<void> {
  for (const [path, to] of [
    [`/v1/exports/${exportId}/file`, file], [`/v1/exports/${exportId}/manifest`, `${file}.manifest.json`],
  ] as const) {
    await writeFile(`${to}.part`, await client.text(path));
    await rename(`${to}.part`, to);
  }
}

/** Groups by size, for people. */
export function printGroups(reporter: Reporter, run: RunAnswer): void {
  const groups = run.groups.toSorted((a, b) => b.members - a.members);
  const most = Math.max(1, ...groups.map((group) => group.members));
  for (const group of groups) {
    const bar = '█'.repeat(Math.ceil((24 * group.members) / most));
    reporter.line(
      `    ${group.name[reporter.language].padEnd(24)} ${reporter.number(group.members).padStart(7)}  ${bar}`
    );
  }
}
