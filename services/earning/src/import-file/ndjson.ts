import { type Ticket, ticket as ticketSchema } from '@trebol/contracts';
import { type FileItem, type FormatReader, rejectOf, ROW_FAULTS_MAX } from './format.ts';
import { ticketErrors } from '../ticket-errors.ts';
import type { Line } from './read-lines.ts';

/** Reads canonical tickets, one JSON document a line. */
export class NdjsonReader implements FormatReader {
  private items: FileItem[] = [];

  line(line: Line): void {
    if (line.text.trim() === '' && !line.overlong) return;
    this.items.push(line.overlong
      ? { kind: 'reject', faults: [rejectOf(line.row, '', { code: 'overlongRow', value: line.text })] }
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
    return { kind: 'reject', faults: [rejectOf(line.row, '', { code: 'malformedJson', value: line.text })] };
  }
  const parsed = ticketSchema.safeParse(value);
  if (parsed.success) return { kind: 'ticket', ticket: fileTicket(parsed.data, line.row) };
  const rejects = ticketErrors(value).map(({ pointer, unknown, message }) => rejectOf(line.row, pointer, {
    code: unknown ? 'unknownField' : 'invalidField', message, value: valueAt(value, pointer),
  }));
  const fields = rejects.map(({ field }) => field);
  const [first, ...more] = rejects.filter(({ field }, index) => fields.indexOf(field) === index).slice(0, ROW_FAULTS_MAX);
  return { kind: 'reject', faults: [first ?? rejectOf(line.row, '', { code: 'invalidField', value: line.text }), ...more] };
}

const fileTicket = (ticket: Ticket, row: number): (FileItem & { kind: 'ticket' })['ticket'] => ({
  storeId: ticket.storeId, storeField: '/storeId', storeValue: ticket.storeId, keyField: '/sequence', dayField: '/businessDay',
  rows: [row], ticketFor: () => ticket,
});

/** What stands at a JSON pointer, as text; nothing where the field is missing. */
function valueAt(value: unknown, pointer: string): string {
  let at: unknown = value;
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined;
  }
  return at === undefined ? '' : typeof at === 'string' ? at : JSON.stringify(at);
}
