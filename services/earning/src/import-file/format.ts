import { printable, type Ticket } from '@trebol/contracts';
import type { Sentence } from '../reasons.ts';
import type { StoreTerms } from '../store.ts';
import type { Line } from './read-lines.ts';
import type { RejectCode } from './reject-reasons.ts';

/** A row that was not taken: where (column name, or JSON pointer for ndjson), why, and the beginning of what stood there. */
export interface Reject {
  readonly row: number;
  readonly field: string;
  readonly code: RejectCode;
  readonly excerpt: string;
  /** What exactly is wrong, where the code alone does not say it. */
  readonly message?: Sentence | undefined;
}

/** Faults of one row, each of a field of its own; the row is counted by the first. */
export type RowFaults = readonly [Reject, ...Reject[]];

/** Faults of one row that are listed: enough to mend it in one round. */
export const ROW_FAULTS_MAX = 8;

/** A fault of a value: its code, and the value itself. */
export interface ValueFault extends Pick<Reject, 'code' | 'message'> {
  readonly value: string;
}

/** Characters kept of a rejected value: enough to find it in the file. */
const EXCERPT_CHARS_MAX = 80;

/** A reject; control characters (PostgreSQL's text cannot hold NUL) are shown as replacement characters. */
export const rejectOf = (row: number, field: string, { code, message, value }: ValueFault): Reject =>
  ({ row, field: shown(field), code, excerpt: shown(value), ...(message === undefined ? {} : { message }) });

const shown = (text: string): string => printable(text.slice(0, EXCERPT_CHARS_MAX));

/** A ticket as it stands in a file; which store it belongs to is looked up when it is taken, so that reading depends on the file alone. */
export interface FileTicket {
  readonly storeId: string;
  /** Rows it was made of. */
  readonly rows: readonly number[];
  /** Column or pointer that names the store. */
  readonly storeField: string;
  readonly storeValue: string;
  /** Those that name the ticket and its day. */
  readonly keyField: string;
  readonly dayField: string;
  ticketFor(store: StoreTerms): Ticket;
}

/** What a file consists of, in an order that depends on the file alone: an import is continued by leaving out the first n items. */
export type FileItem =
  | { readonly kind: 'reject'; readonly faults: RowFaults }
  | { readonly kind: 'ticket'; readonly ticket: FileTicket };

/** Reads one format, line by line. */
export interface FormatReader {
  /** Takes a line; throws `WrongColumns` at the heading. */
  line(line: Line): void;
  /** The file is over. `whole` is false when it broke: then what may be incomplete is rejected. Throws `EmptyFile`. */
  end(whole: boolean): void;
  /** Items that are complete since the last call. */
  take(): readonly FileItem[];
}

/** The file has no heading and nothing else. */
export class EmptyFile extends Error {
  override readonly name = 'EmptyFile';
}

/** The first row does not name the columns of the format. The names are printable. */
export class WrongColumns extends Error {
  override readonly name = 'WrongColumns';

  constructor(readonly missing: readonly string[], readonly unexpected: readonly string[]) {
    super([
      ...(missing.length > 0 ? [`missing columns: ${missing.join(', ')}`] : []),
      ...(unexpected.length > 0 ? [`unexpected columns: ${unexpected.join(', ')}`] : []),
    ].join('; '));
  }
}
