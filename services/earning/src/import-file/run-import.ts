import { batchSpan } from '@trebol/chassis';
import type { Clock, Ticket } from '@trebol/contracts';
import type { StoreLookup } from '../store.ts';
import type { Taken, TakeLine, TakeLines } from '../taking.ts';
import { type FileItem, type FileTicket, type FormatReader, type RowFaults, type ValueFault, EmptyFile, WrongColumns, rejectOf } from './format.ts';
import type { ImportFailure } from './import-failure.ts';
import {
  type ImportFormat, type ImportJob, type ImportTable, REJECTS_KEPT_MAX, writeProgress,
} from './import-table.ts';
import { NdjsonReader } from './ndjson.ts';
import { OnlineRetailReader } from './online-retail.ts';
import { BrokenFile, readLines } from './read-lines.ts';
import { type Tally, addPoints, addReasons, addRejectedRows, addTicket, columnOf } from './tally.ts';

/** Tickets in one transaction (`ledger.md` §5.1): larger gains little and makes tills wait. */
export const IMPORT_BATCH_TICKETS = 1_000;
/** Rows in one transaction: tickets of a wholesaler have hundreds of lines each. */
export const IMPORT_BATCH_ROWS = 20_000;

/** How far an import is. */
export interface ImportProgress {
  readonly job: ImportJob;
  readonly tally: Tally;
  /** Bytes of the file that were read, as sent. */
  readonly bytesRead: number;
}

export interface RunParts {
  readonly clock: Clock;
  readonly stores: StoreLookup;
  readonly lines: TakeLines;
  readonly table: ImportTable;
}

/**
 * Reads one file through, from where it was left; answers why it ended early, if it did. Throws when the platform, not the file, is
 * at fault.
 */
export class RunImport {
  private readonly reader: FormatReader;
  private readonly line: TakeLine;
  private itemsSeen = 0;
  private itemsDone: number;
  private tally: Tally;
  private rejectsKept: number;
  private waiting: FileItem[] = [];
  private rowsWaiting = 0;
  private bytesRead = 0;

  constructor(
    private readonly parts: RunParts, private readonly job: ImportJob,
    private readonly onProgress: (progress: ImportProgress) => void = () => undefined,
  ) {
    this.reader = readerOf(job.format);
    this.line = parts.lines.open(job.tenant);
    ({ itemsDone: this.itemsDone, tally: this.tally, rejectsKept: this.rejectsKept } = job);
  }

  async run(source: AsyncIterable<Buffer>, signal?: AbortSignal): Promise<{
    readonly failure: ImportFailure | undefined; readonly tally: Tally;
  }> {
    const failure = await this.readAll(source, signal);
    await this.flush();
    await this.line.settled();
    return { failure, tally: this.tally };
  }

  private async readAll(source: AsyncIterable<Buffer>, signal: AbortSignal | undefined): Promise<ImportFailure | undefined> {
    let atRow = 0;
    try {
      for await (const lines of readLines(this.counted(source))) {
        for (const line of lines) {
          this.reader.line(line);
          atRow = line.row;
        }
        await this.accept();
        signal?.throwIfAborted();
      }
      this.reader.end(true);
      await this.accept();
      return undefined;
    } catch (error) {
      if (error instanceof EmptyFile) return { code: 'emptyFile', atRow };
      if (error instanceof WrongColumns) return {
        code: 'wrongColumns', missing: error.missing, unexpected: error.unexpected, atRow,
      };
      if (!(error instanceof BrokenFile)) throw error;
      this.reader.end(false);
      await this.accept();
      return { code: error.code, cause: error.cause instanceof Error ? error.cause.message : undefined, atByte: error.atByte, atRow };
    }
  }

  private async* counted(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const bytes of source) {
      this.bytesRead += bytes.length;
      yield bytes;
    }
  }

  /** Takes over what the reader has completed, leaving out what an earlier run has applied. */
  private async accept(): Promise<void> {
    for (const item of this.reader.take()) {
      this.itemsSeen += 1;
      if (this.itemsSeen <= this.itemsDone) continue;
      this.waiting.push(item);
      this.rowsWaiting += item.kind === 'ticket' ? item.ticket.rows.length : 1;
      if (this.waiting.length >= IMPORT_BATCH_TICKETS || this.rowsWaiting >= IMPORT_BATCH_ROWS) await this.flush();
    }
  }

  private async flush(): Promise<void> {
    const items = this.waiting;
    if (items.length === 0) return;
    this.waiting = [];
    this.rowsWaiting = 0;
    const batch = await this.ticketsOf(items);
    let next = { tally: this.tally, rejectsKept: this.rejectsKept };
    const itemsDone = this.itemsDone + items.length;
    const span = { name: 'import tickets', attributes: { 'trebol.tickets': batch.tickets.length, 'trebol.format': this.job.format } };
    await batchSpan(span, () => this.line.offer(batch.tickets.map(({ ticket }) => ticket), {
      history: this.job.history,
      within: async (client, taken) => {
        const result = counted(this.tally, batch, taken);
        const rejects = result.rejects.flat().slice(0, Math.max(0, REJECTS_KEPT_MAX - this.rejectsKept));
        next = { tally: result.tally, rejectsKept: this.rejectsKept + rejects.length };
        await writeProgress(client, this.job, { itemsDone, bytesRead: this.bytesRead, ...next, rejects });
      },
    }));
    this.itemsDone = itemsDone;
    ({ tally: this.tally, rejectsKept: this.rejectsKept } = next);
    this.onProgress({ job: this.job, tally: this.tally, bytesRead: this.bytesRead });
  }

  /** Gives each ticket its store; rows of unknown stores are rejected. */
  private async ticketsOf(items: readonly FileItem[]): Promise<Batch> {
    const stores = await this.parts.stores.find(
      this.job.tenant, items.flatMap((item) => (item.kind === 'ticket' ? item.ticket.storeId : [])),
    );
    const tickets: Batch['tickets'][number][] = [];
    const rejects: RowFaults[] = [];
    let ticketsRejected = 0;
    for (const item of items) {
      if (item.kind === 'reject') {
        rejects.push(item.faults);
        continue;
      }
      const store = stores.get(item.ticket.storeId);
      if (store) tickets.push({ ticket: item.ticket.ticketFor(store), file: item.ticket });
      else {
        ticketsRejected += 1;
        rejects.push(...rejectsOf(item.ticket, [{ field: item.ticket.storeField, code: 'unknownStore', value: item.ticket.storeValue }]));
      }
    }
    return { tickets, rejects, ticketsRejected };
  }
}

interface Batch {
  readonly tickets: readonly { readonly ticket: Ticket; readonly file: FileTicket }[];
  /** One for each rejected row. */
  readonly rejects: readonly RowFaults[];
  /** Tickets among them that were rejected as a whole. */
  readonly ticketsRejected: number;
}

/** Adds a batch to the counts: every row of it is counted once. */
function counted(before: Tally, batch: Batch, taken: readonly Taken[]): { readonly tally: Tally; readonly rejects: readonly RowFaults[] } {
  const rejects = [...batch.rejects];
  let tally = addRejectedRows(before, batch.rejects.length);
  for (let rejected = 0; rejected < batch.ticketsRejected; rejected += 1) tally = addTicket(tally, 'rejected', 0);
  for (const [index, { file }] of batch.tickets.entries()) {
    const one = taken[index];
    if (!one) throw new Error('every ticket of a batch has an answer');
    tally = addPoints(addTicket(tally, columnOf(one), file.rows.length), one);
    const faults = faultsOfTaken(one, file);
    if (faults) rejects.push(...rejectsOf(file, faults));
  }
  return { tally: rejects.length === 0 ? tally : addReasons(tally, rejects), rejects };
}

interface FieldFault extends ValueFault { readonly field: string }
/** Of one ticket. */
type FieldFaults = readonly [FieldFault, ...FieldFault[]];

/** Tickets that are listed row by row, because somebody has to look at them; one that was listed before, as quarantined, is not again. */
function faultsOfTaken(taken: Taken, file: FileTicket): FieldFaults | undefined {
  const { key: value } = taken;
  switch (taken.status) {
    case 'refused': {
      const [first, ...more] = taken.faults;
      return [{ field: first.pointer, code: first.code, value }, ...more.map(({ pointer, code }) => ({ field: pointer, code, value }))];
    }
    case 'rejected': return [{ field: taken.pointer, code: taken.code, value }];
    case 'quarantined': return taken.first ? [{ field: file.keyField, code: 'quarantined', value }] : undefined;
    case 'tooOld': return [{ field: file.dayField, code: 'tooOld', value }];
    case 'rated':
    case 'noMember':
    case 'awaitingOriginal':
    case 'duplicate': return undefined;
    default: {
      const never: never = taken;
      throw new Error(`unknown status ${JSON.stringify(never)}`);
    }
  }
}

/** The faults of a ticket, told of each of its rows. */
const rejectsOf = (ticket: FileTicket, [first, ...more]: FieldFaults): readonly RowFaults[] => ticket.rows.map((row): RowFaults =>
  [rejectOf(row, first.field, first), ...more.map((fault) => rejectOf(row, fault.field, fault))]);

function readerOf(format: ImportFormat): FormatReader {
  switch (format) {
    case 'onlineRetail': return new OnlineRetailReader();
    case 'ndjson': return new NdjsonReader();
    default: {
      const never: never = format;
      throw new Error(`unknown format ${String(never)}`);
    }
  }
}
