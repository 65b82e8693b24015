import { type Ticket, ticket as ticketSchema } from '@trebol/contracts';
import { type FileItem, type FormatReader, rejectOf } from './format.ts';
import type { Line } from './read-lines.ts';

/** Reads canonical tickets, one JSON document a line. */
export class NdjsonReader implements FormatReader {
  private items: FileItem[] = [];

  line(line: Line): void {
    if (line.text.trim() === '' && !line.overlong) return;
    this.items.push(line.overlong
      ? { kind: 'reject', reject: rejectOf(line.row, '', { code: 'overlongRow', value: line.text }) }
      : itemOf(line));
  }

  end(): void {} // a line that was cut off is no JSON and is rejected as such

  take(): readonly FileItem[] {
    const { items } = this;
    this.items = [];
    return items;
  }
}

function itemOf(line: Line): FileItem {
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    return { kind: 'reject', reject: rejectOf(line.row, '', { code: 'malformedJson', value: line.text }) };
  }
  const parsed = ticketSchema.safeParse(value);
  if (parsed.success) return { kind: 'ticket', ticket: fileTicket(parsed.data, line.row) };
  const [issue] = parsed.error.issues;
  const pointer = (issue?.path ?? []).map((part) => `/${String(part)}`).join('');
  return { kind: 'reject', reject: rejectOf(line.row, pointer, { code: 'invalidField', value: issue?.message ?? '' }) };
}

const fileTicket = (ticket: Ticket, row: number): (FileItem & { kind: 'ticket' })['ticket'] =>
  ({ storeId: ticket.storeId, storeField: '/storeId', storeValue: ticket.storeId, rows: [row], ticketFor: () => ticket });
