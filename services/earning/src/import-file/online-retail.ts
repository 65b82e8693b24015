import { calendarOf } from '@trebol/chassis';
import { currencyExponent, type Ticket, TICKET_LINES_MAX } from '@trebol/contracts';
import type { StoreTerms } from '../store.ts';
import { EmptyFile, type FileItem, type FileTicket, type FormatReader, rejectOf, type RowFaults, type ValueFault } from './format.ts';
import { type RetailRow, columnsOf, minorUnits, retailRow } from './online-retail-row.ts';
import type { Line } from './read-lines.ts';

/**
 * An invoice is complete when this many others have begun after it: rows of an invoice stand together but for one of the real file
 * (542806), which is interleaved with the next.
 */
export const OPEN_INVOICES_MAX = 16;
/** The log knows no tills. */
const WORKSTATION = '1';

/** Store id for a country of the log: `United Kingdom` → `united-kingdom`. */
export const storeIdOf = (country: string): string => country
  .trim().toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40);

/** Reads the Online Retail log: one invoice is one ticket. Returns name no original there, so they wait for ever and are counted. */
export class OnlineRetailReader implements FormatReader {
  private positions: readonly number[] | undefined;
  /** Open invoices in the order they began. */
  private readonly open = new Map<string, RetailRow[]>();
  private items: FileItem[] = [];

  line(line: Line): void {
    if (!this.positions) {
      this.positions = columnsOf(line.text);
      return;
    }
    if (line.text === '' && !line.overlong) return;
    const row = retailRow(line, this.positions);
    if (isFaults(row)) this.items.push({ kind: 'reject', faults: row });
    else this.add(row);
  }

  end(whole: boolean): void {
    if (!this.positions && whole) throw new EmptyFile();
    for (const rows of this.open.values()) {
      if (whole) this.close(rows);
      else for (const row of rows) this.reject(row, 'InvoiceNo', { code: 'incompleteAtBreak', value: row.invoice });
    }
    this.open.clear();
  }

  take(): readonly FileItem[] {
    const { items } = this;
    this.items = [];
    return items;
  }

  private add(row: RetailRow): void {
    const rows = this.open.get(row.invoice);
    const [first] = rows ?? [];
    if (!rows || !first) {
      this.open.set(row.invoice, [row]);
      if (this.open.size > OPEN_INVOICES_MAX) this.closeOldest();
      return;
    }
    if (row.country !== first.country) this.reject(row, 'Country', { code: 'differsWithinInvoice', value: row.country });
    else if (row.customer !== first.customer) this.reject(row, 'CustomerID', { code: 'differsWithinInvoice', value: row.customer });
    else if (rows.length === TICKET_LINES_MAX) this.reject(row, 'InvoiceNo', { code: 'tooManyLines', value: row.invoice });
    else rows.push(row);
  }

  private closeOldest(): void {
    for (const [invoice, rows] of this.open) {
      this.open.delete(invoice);
      this.close(rows);
      return;
    }
  }

  private close(rows: readonly RetailRow[]): void {
    const [first] = rows;
    if (first) this.items.push({ kind: 'ticket', ticket: fileTicket(first, rows) });
  }

  private reject(row: RetailRow, field: string, fault: ValueFault): void {
    this.items.push({ kind: 'reject', faults: [rejectOf(row.row, field, fault)] });
  }
}

const isFaults = (row: RetailRow | RowFaults): row is RowFaults => Array.isArray(row);

const fileTicket = (first: RetailRow, rows: readonly RetailRow[]): FileTicket => ({
  storeId: storeIdOf(first.country), storeField: 'Country', storeValue: first.country, keyField: 'InvoiceNo', dayField: 'InvoiceDate',
  rows: rows.map(({ row }) => row),
  ticketFor: (store) => ticketOf(first, rows, store),
});

/** The canonical ticket. Its time is the first stamp of the invoice (some carry two, a minute apart), read on the store's clock. */
function ticketOf(first: RetailRow, rows: readonly RetailRow[], store: StoreTerms): Ticket {
  const calendar = calendarOf(store.zone);
  const exponent = currencyExponent(store.currency);
  return {
    type: first.type, storeId: store.storeId, workstationId: WORKSTATION, businessDay: first.localTime.slice(0, 10),
    sequence: first.invoice,
    occurredAt: `${first.localTime}${calendar.offsetText(calendar.toInstant(first.localTime))}`, currency: store.currency,
    ...(first.customer === '' ? {} : { identification: { kind: 'card' as const, value: first.customer } }),
    lines: rows.map(({ sku, description, quantity, unitPrice }, index) => ({
      line: index + 1, sku, ...(description === '' ? {} : { description }), quantity, unitPrice,
      amount: minorUnits(quantity, unitPrice, exponent),
    })),
  };
}
