import { printable } from '@trebol/contracts';
import { csvFields } from './csv-row.ts';
import { type RowFaults, WrongColumns, rejectOf } from './format.ts';
import type { Line } from './read-lines.ts';
import type { RowFaultCode } from './reject-reasons.ts';

export const COLUMNS = ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate', 'UnitPrice', 'CustomerID', 'Country'] as const;
export type Column = (typeof COLUMNS)[number];

/** Longest field, in characters; the longest of the real file has 35. */
export const FIELD_CHARS_MAX = 200;
/** Columns of a heading that are named in an error: more is not the heading of any table of ours. */
const HEADING_COLUMNS_SHOWN_MAX = 30;
/** Characters of such a name: the names of ours have 11 at most. */
const COLUMN_NAME_CHARS_MAX = 40;

/** A row that can be a line of a ticket. `quantity` positive, also for returns. */
export interface RetailRow {
  readonly row: number;
  readonly invoice: string;
  readonly type: 'sale' | 'return';
  readonly sku: string;
  readonly description: string;
  readonly quantity: number;
  /** `YYYY-MM-DDTHH:MM:SS` in the store's zone. */
  readonly localTime: string;
  readonly unitPrice: string;
  readonly customer: string;
  readonly country: string;
}

/** Where each column is found, from the heading; the order does not matter. Throws `WrongColumns`. */
export function columnsOf(heading: string): readonly number[] {
  const fields = heading.trim() === '' ? [] : csvFields(heading) ?? heading.split(',');
  const names = fields.slice(0, HEADING_COLUMNS_SHOWN_MAX).map((name) => name.trim());
  const expected: readonly string[] = COLUMNS;
  const missing = COLUMNS.filter((column) => !names.includes(column));
  const unexpected = names.filter((name, index) => !expected.includes(name) || names.indexOf(name) !== index);
  if (missing.length > 0 || unexpected.length > 0) throw new WrongColumns(
    missing, unexpected.map((name) => printable(name.slice(0, COLUMN_NAME_CHARS_MAX))),
  );
  return COLUMNS.map((column) => names.indexOf(column));
}

type Fault = readonly [column: Column, code: RowFaultCode];

/** Longest `sku` of a ticket. */
const STOCK_CODE_CHARS_MAX = 60;

/** Reads one row, or says which columns make it unreadable. */
export function retailRow(line: Line, positions: readonly number[]): RetailRow | RowFaults {
  const fields = line.overlong ? undefined : csvFields(line.text);
  if (!fields) return [rejectOf(line.row, '', { code: line.overlong ? 'overlongRow' : 'malformedQuoting', value: line.text })];
  if (fields.length !== COLUMNS.length) {
    return [rejectOf(line.row, '', { code: fields.length < COLUMNS.length ? 'tooFewColumns' : 'tooManyColumns', value: line.text })];
  }
  const [first, ...more] = faultsOf(fields, positions).map(([column, code]) =>
    rejectOf(line.row, column, { code, value: fields[positions[COLUMNS.indexOf(column)] ?? -1] ?? '' }));
  if (first) return [first, ...more];
  return rowOf(line.row, (index) => fields[positions[index] ?? -1] ?? '');
}

/** The row's values, by the place of their column in `COLUMNS`. */
function rowOf(row: number, at: (index: number) => string): RetailRow {
  const invoice = at(0);
  const quantity = Math.abs(Number(at(3)));
  const unitPrice = at(5);
  return {
    row, invoice, type: invoice.startsWith('C') ? 'return' : 'sale', sku: at(1), description: at(2), quantity,
    localTime: at(4).replace(' ', 'T'),
    unitPrice, customer: at(6), country: at(7),
  };
}

const NO_FAULTS: readonly Fault[] = [];

/** The columns that make a row unreadable, in the order of the format: one fault of each, so 8 at most. */
function faultsOf(fields: readonly string[], positions: readonly number[]): readonly Fault[] {
  let faults = NO_FAULTS;
  const invoice = fields[positions[0] ?? -1] ?? '';
  for (const [index, column] of COLUMNS.entries()) {
    const value = fields[positions[index] ?? -1] ?? '';
    const code = value.length > FIELD_CHARS_MAX ? 'overlongField' : CHECKS[column](value, invoice);
    if (code !== undefined) faults = [...faults, [column, code]];
  }
  return faults;
}

/**
 * What may be wrong with each column. `536365` is a sale, `C536379` gives goods back, `A563185` moves bad debt about and is no
 * purchase.
 */
const CHECKS: Readonly<Record<Column, (value: string, invoice: string) => RowFaultCode | undefined>> = {
  InvoiceNo: (value) => (/^A\d{1,20}$/.test(value) ? 'badDebtAdjustment' : /^C?\d{1,20}$/.test(value) ? undefined : 'malformedInvoiceNo'),
  StockCode: (value) => (value.trim() === '' || value.length > STOCK_CODE_CHARS_MAX ? 'malformedStockCode' : undefined),
  Description: () => undefined,
  Quantity: (value, invoice) => {
    if (!/^-?\d{1,8}$/.test(value)) return 'quantityNotAnInteger';
    if (invoice.startsWith('C')) return Number(value) < 0 ? undefined : 'quantityNotNegative';
    return Number(value) > 0 ? undefined : 'quantityNotPositive';
  },
  InvoiceDate: faultOfDate,
  UnitPrice: (value) => (
    /^-\d{1,12}(\.\d{1,6})?$/.test(value) ? 'negativePrice' : /^\d{1,8}(\.\d{1,6})?$/.test(value) ? undefined : 'malformedPrice'
  ),
  CustomerID: (value) => (/^[A-Za-z0-9]{0,40}$/.test(value) ? undefined : 'malformedCustomer'),
  Country: (value) => (value.trim() === '' ? 'missingCountry' : undefined),
};

const DATE = /^(\d{4}-\d{2}-\d{2}) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;

function faultOfDate(date: string): RowFaultCode | undefined {
  const day = DATE.exec(date)?.[1];
  if (day === undefined) return 'malformedDate';
  // A day that does not exist either is no instant at all, or is taken for another day.
  const noon = new Date(`${day}T12:00:00Z`);
  return Number.isNaN(noon.getTime()) || noon.toISOString().slice(0, 10) !== day ? 'noSuchDay' : undefined;
}

/** quantity × price in minor units of a currency with so many decimals, rounded half up, from the decimal text by integers alone. */
export function minorUnits(quantity: number, price: string, exponent: number): number {
  const point = price.indexOf('.');
  const decimals = point < 0 ? 0 : price.length - point - 1;
  const digits = Number(point < 0 ? price : price.slice(0, point) + price.slice(point + 1));
  if (decimals <= exponent) {
    const exact = quantity * digits * 10 ** (exponent - decimals);
    if (Number.isSafeInteger(exact)) return exact;
  }
  const unit = 10n ** BigInt(decimals);
  return Number((BigInt(quantity) * BigInt(digits) * 2n * 10n ** BigInt(exponent) + unit) / (2n * unit));
}
