import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Clock } from '@trebol/contracts';
import type { Command } from 'commander';
import type { TrebolClient } from '../client.ts';
import type { Progress, Reporter } from '../reporter.ts';
import { AnswerIsNo, type SessionOf, WrongUse } from '../session.ts';
import { HELP, text, type Told } from '../texts.ts';

/** An import job as its path answers it; counts are rows unless they say tickets. */
export interface ImportAnswer {
  readonly importId: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed';
  readonly failure?: { readonly code: string; readonly detail: string } | null;
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly rows: Readonly<Record<string, number>>;
  readonly tickets: Readonly<Record<string, number>>;
  readonly points: { readonly earned: number; readonly reversed: number };
  /** Most frequent first, their sentences in the reader's language. */
  readonly rejectedBy: readonly {
    readonly code: string;
    readonly rows: number;
    readonly sentence: string;
    readonly first: { readonly row: number; readonly column: string; readonly message: string };
  }[];
  /** Faults that `/rejects` lists, of rejected, quarantined and too old rows; a row may have several. */
  readonly rejectsKept: number;
}

interface ImportOptions {
  readonly format: string;
  readonly history?: boolean;
  readonly strict?: boolean;
  readonly rejects?: string;
}

const FORMATS = ['onlineRetail', 'ndjson'];
const POLL_EVERY_MS = 100;

/** `trebol import <file>`: a file of tickets in; counts that add up to the rows read. */
export function importCommand(root: Command, sessionOf: SessionOf, told: Told): void {
  root.command('import').argument('<file>', told(HELP.importFile))
    .description(told(HELP.import))
    .requiredOption('--format <format>', told(HELP.format))
    .option('--history', told(HELP.history))
    .option('--rejects <file>', told(HELP.rejects))
    .option('--strict', told(HELP.strict))
    .action(async (file: string, options: ImportOptions, command: Command) => {
      if (!FORMATS.includes(options.format)) {
        throw new WrongUse(text(
          `--format ${options.format}: tiene que ser ${FORMATS.join(' o ')}`,
          `--format ${options.format}: must be ${FORMATS.join(' or ')}`,
        ));
      }
      const { reporter, clock, overHttp } = sessionOf(command);
      await stat(file).catch(() => {
        throw new WrongUse(text(`no se puede leer ${file}`, `cannot read ${file}`));
      });
      const sent = { file, format: options.format, history: options.history === true };
      const job = await overHttp(async (client) => {
        const ended = await importFile(client, sent, { clock, reporter });
        if (options.rejects !== undefined) await client.save(rejectsOf(ended), options.rejects);
        return ended;
      }, { create: true });
      reporter.document(job);
      if (!reporter.json) {
        printImport(reporter, job);
        printRejects(reporter, job, options.rejects);
      }
      if (job.state === 'failed' || (options.strict && (job.rows['rejected'] ?? 0) > 0)) {
        throw new AnswerIsNo('import');
      }
    });
}

/** Sends the file, follows the job to its end with progress, and answers with its counts. */
export async function importFile(
  client: TrebolClient, sent: {
    file: string;
    format: string;
    history: boolean;
  }, { clock, reporter }: { clock: Clock; reporter: Reporter },
): Promise<ImportAnswer> {
  const type = sent.file.endsWith('.gz') ? 'application/gzip' : sent.format === 'ndjson' ? 'application/x-ndjson' : 'text/csv';
  const path = `/v1/imports?format=${sent.format}&history=${sent.history}`;
  const started = await client.send<ImportAnswer>(
    'POST', path, { stream: { content: createReadStream(sent.file), type } }
  );
  const progress = reporter.progress({
    name: 'import', label: reporter.say('Importando tiques', 'Importing tickets'), unit: 'bytes',
  });
  const job = await follow(client, started.importId, { clock, progress });
  progress.end();
  return job;
}

async function follow(
  client: TrebolClient, importId: string, { clock, progress }: { clock: Clock; progress: Progress }
): Promise<ImportAnswer> {
  for (;;) {
    const job = await client.get<ImportAnswer>(`/v1/imports/${importId}`);
    progress.update(job.bytesRead, job.bytesTotal);
    if (job.state === 'done' || job.state === 'failed') return job;
    await clock.sleep(POLL_EVERY_MS);
  }
}

/** What becomes of a row, in both languages. */
const OUTCOMES: Readonly<Record<string, readonly [string, string]>> = {
  rated: ['valoradas', 'rated'], withoutMember: ['sin socio conocido', 'without a known member'],
  awaitingOriginal: ['devoluciones en espera de su compra', 'returns awaiting their purchase'], rejected: ['rechazadas', 'rejected'],
  tooOld: ['demasiado antiguas', 'too old'], quarantined: ['en cuarentena', 'quarantined'],
  unchanged: ['ya conocidas, sin cambios', 'known already, unchanged'],
};

/** Rejected rows are no tickets: without any, none are named. */
function ticketsOf(tickets: number | undefined, reporter: Reporter): string {
  if (!tickets) return '';
  if (tickets === 1) return reporter.say(' (1 tique)', ' (1 ticket)');
  const count = reporter.number(tickets);
  return reporter.say(` (${count} tiques)`, ` (${count} tickets)`);
}

/** The counts of an import for people: rows read = the sum of what became of them. */
export function printImport(reporter: Reporter, job: ImportAnswer): void {
  const read = reporter.number(job.rows['read'] ?? 0);
  reporter.line(reporter.say(`  Filas leídas: ${read}`, `  Rows read: ${read}`));
  for (const [name, [es, en]] of Object.entries(OUTCOMES)) {
    const rows = job.rows[name] ?? 0;
    if (rows > 0) {
      reporter.line(
        `    ${reporter.number(rows).padStart(9)}  ${reporter.say(es, en)}${ticketsOf(job.tickets[name], reporter)}`
      );
    }
  }
  printReasons(reporter, job);
  if (!job.failure) return;
  const { detail } = job.failure;
  reporter.line(
    reporter.say(`  La importación no terminó: ${detail}`, `  The import did not finish: ${detail}`)
  );
}

/** Reasons shown; the rest is in the list of rejects. */
const REASONS_SHOWN_MAX = 5;

function printReasons(reporter: Reporter, { rejectedBy }: ImportAnswer): void {
  if (rejectedBy.length > 0) reporter.line(reporter.say('  Por qué se rechazaron:', '  Why they were rejected:'));
  for (const { rows, sentence, first: { row, column, message } } of rejectedBy.slice(0, REASONS_SHOWN_MAX)) {
    const exactly = message === sentence ? '' : `: ${message}`;
    const at = `${reporter.say('la primera, fila', 'the first, row')} ${row}${column === '' ? '' : `, ${column}`}${exactly}`;
    reporter.line(`    ${reporter.number(rows).padStart(9)}  ${sentence} (${at})`);
  }
  const more = rejectedBy.length - REASONS_SHOWN_MAX;
  if (more > 0) reporter.line(reporter.say(`               y ${more} más`, `               and ${more} more`));
}

/** Path of the list of rejects, as CSV. */
export const rejectsOf = ({ importId }: ImportAnswer): string => `/v1/imports/${importId}/rejects`;

/** The import's name, and where its rejected rows are. */
function printRejects(reporter: Reporter, job: ImportAnswer, saved: string | undefined): void {
  reporter.line(reporter.say(`  Importación ${job.importId}`, `  Import ${job.importId}`));
  const kept = reporter.number(job.rejectsKept);
  if (saved !== undefined) {
    reporter.line(reporter.say(`  ${kept} motivos, fila a fila, en ${saved}`, `  ${kept} reasons, row by row, in ${saved}`));
  } else if (job.rejectsKept > 0) {
    reporter.line(reporter.say(
      `  Fila a fila: repita la orden con --rejects <fichero>, o GET ${rejectsOf(job)}`,
      `  Row by row: repeat the command with --rejects <file>, or GET ${rejectsOf(job)}`,
    ));
  }
}
