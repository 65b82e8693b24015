import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { TrebolClient } from '../client.ts';
import type { Reporter } from '../reporter.ts';
import type { SessionOf } from '../session.ts';
import { HELP, type Told } from '../texts.ts';

/** An RFM run as its path answers it. */
export interface RunAnswer {
  readonly runId: string;
  readonly inputs: {
    readonly asOf: string;
    readonly lineFilters: { readonly quantityAbove: number; readonly unitPriceAbove: number };
  };
  readonly groups: readonly {
    readonly id: string;
    readonly name: { readonly es: string; readonly en: string };
    readonly members: number;
  }[];
  readonly identifiedShare: { readonly lines: ShareAnswer; readonly amount: ShareAnswer };
}

/** Part of all sales that a member is known for; the ratio in hundredths of a per cent. */
interface ShareAnswer { readonly identified: number; readonly all: number; readonly basisPoints: number }

export interface ExportAnswer { readonly exportId: string; readonly rows: number; readonly sha256: string }

/** An export of the facts as its path answers it. */
interface FactsAnswer {
  readonly factsId: string;
  readonly files: readonly { readonly table: string; readonly rows: number; readonly bytes: number; readonly file: string }[];
}

interface RunOptions { readonly asOf: string; readonly zone: string; readonly currency?: string }
interface ExportOptions { readonly purpose: string; readonly to?: string }

/** `trebol segment run | export | facts`: RFM groups, a group as a file, and what they are computed from. */
export function segmentCommand(root: Command, sessionOf: SessionOf, told: Told): void {
  const segment = root.command('segment').description(told(HELP.segment));
  segment.command('run').description(told(HELP.segmentRun))
    .requiredOption('--as-of <instant>', told(HELP.asOf))
    .option('--zone <zone>', told(HELP.zone), 'Europe/Madrid')
    .option('--currency <code>', told(HELP.currency))
    .action(async (options: RunOptions, command: Command) => {
      const { reporter, overHttp } = sessionOf(command);
      const run = await overHttp((client) => runRfm(client, options));
      reporter.document(run);
      if (!reporter.json) printGroups(reporter, run);
    });
  segment.command('export').description(told(HELP.segmentExport))
    .argument('<segmentId>', told(HELP.segmentId))
    .option('--purpose <purpose>', told(HELP.purpose), 'analysis')
    .option('--to <file>', told(HELP.to))
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
  addFacts(segment, sessionOf, told);
}

function addFacts(segment: Command, sessionOf: SessionOf, told: Told): void {
  segment.command('facts').description(told(HELP.segmentFacts))
    .requiredOption('--to <folder>', told(HELP.factsTo))
    .action(async ({ to }: { readonly to: string }, command: Command) => {
      const { reporter, overHttp } = sessionOf(command);
      const made = await overHttp((client) => saveFacts(client, to));
      reporter.document(made);
      if (reporter.json) return;
      for (const { table, rows, bytes } of made.files) {
        const figures = `${reporter.number(rows)} ${reporter.say('filas', 'rows')}, ${reporter.number(bytes)} bytes`;
        reporter.line(`  ${join(to, `${table}.parquet`)}: ${figures}`);
      }
    });
}

/** The facts as Parquet in a folder, with a manifest that holds their hashes. */
async function saveFacts(client: TrebolClient, folder: string): Promise<FactsAnswer> {
  const made = await client.send<FactsAnswer>('POST', '/v1/segmentation/facts', { idempotencyKey: client.freshKey() });
  await mkdir(folder, { recursive: true });
  for (const { table, file } of made.files) await client.save(file, join(folder, `${table}.parquet`));
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(made, null, 2)}\n`);
  return made;
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
  await client.save(`/v1/exports/${exportId}/file`, file);
  await client.save(`/v1/exports/${exportId}/manifest`, `${file}.manifest.json`);
}

/** Groups by size, for people, with what they do not cover: every figure stands beside its identified share (`segmentation.md` §1). */
export function printGroups(reporter: Reporter, run: RunAnswer): void {
  const groups = run.groups.toSorted((a, b) => b.members - a.members);
  const most = Math.max(1, ...groups.map((group) => group.members));
  for (const group of groups) {
    const bar = '█'.repeat(Math.ceil((24 * group.members) / most));
    reporter.line(
      `    ${group.name[reporter.language].padEnd(24)} ${reporter.number(group.members).padStart(7)}  ${bar}`
    );
  }
  printCoverage(reporter, run);
}

function printCoverage(reporter: Reporter, { identifiedShare, inputs }: RunAnswer): void {
  const percent = ({ basisPoints }: ShareAnswer): string => `${reporter.number(basisPoints / 100)} %`;
  const { lines, amount } = identifiedShare;
  const { quantityAbove, unitPriceAbove } = inputs.lineFilters;
  reporter.line(reporter.say(
    `  Ventas con socio conocido: ${percent(lines)} de las líneas y ${percent(amount)} del importe; de las demás no se sabe de quién son.`,
    `  Sales with a known member: ${percent(lines)} of the lines and ${percent(amount)} of the amount; whose the rest are is not known.`,
  ));
  reporter.line(reporter.say(
    `  Cuentan las líneas con cantidad mayor que ${quantityAbove} y precio mayor que ${unitPriceAbove}; las devoluciones no restan.`,
    `  Lines count whose quantity is above ${quantityAbove} and whose price is above ${unitPriceAbove}; returns take nothing off.`,
  ));
}
