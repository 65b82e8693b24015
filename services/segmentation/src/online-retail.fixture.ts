import { calendarOf } from '@trebol/chassis';
import type { TicketRated } from '@trebol/contracts';
import type { IncomingMessage } from '@trebol/messaging';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { LineFact, TicketFact } from './facts.ts';

const FILE = join(import.meta.dirname, '../../../examples/online-retail/onlineretail.csv.gz');
const london = calendarOf('Europe/London');

interface Row { invoice: string; sku: string; quantity: number; time: string; price: string; card: string }
type Building = TicketFact & { lines: LineFact[] };

/** The Online Retail log as ticket facts, whole and unfiltered: cancellations (C…) as returns, corrections and free lines as they are. */
export function onlineRetail(tenant = 'main'): readonly TicketFact[] {
  const tickets = new Map<string, Building>();
  for (const row of rowsOf(gunzipSync(readFileSync(FILE)).toString('utf8'))) {
    const ticket = tickets.get(row.invoice) ?? ticketOf(tenant, row);
    tickets.set(row.invoice, ticket);
    const quantity = ticket.type === 'return' ? -row.quantity : row.quantity;
    const line = { line: ticket.lines.length + 1, sku: row.sku, quantity, unitPrice: row.price, amount: pence(row.price, quantity) };
    ticket.lines.push(line);
  }
  return [...tickets.values()];
}

/** The ticket's time is that of its first row: 43 invoices carry two a minute apart. */
function ticketOf(tenant: string, { invoice, time, card }: Row): Building {
  const [day = '', clock = ''] = time.split(' ');
  return {
    tenant, transactionKey: `UK~1~${day}~${invoice}`, version: 1, type: invoice.startsWith('C') ? 'return' : 'sale',
    status: card === '' ? 'noMember' : 'posted', memberId: card === '' ? undefined : memberOf(card), storeId: 'UK', localDay: day,
    occurredAt: london.toInstant(`${day}T${clock}`), currency: 'GBP', total: 0, pointsEarned: 0, pointsReversed: 0, lines: [],
  };
}

const memberOf = (card: string): string => `mbr_${card.padStart(32, '0')}`;

/** Quantity × price, rounded half up to the penny, in integers (prices have at most 6 decimals). */
function pence(price: string, quantity: number): number {
  const [whole = '0', fraction = ''] = price.replace('-', '').split('.');
  const micros = BigInt(whole + fraction.padEnd(6, '0')) * BigInt(Math.abs(quantity));
  const rounded = Number((micros + 5_000n) / 10_000n);
  return price.startsWith('-') !== quantity < 0 ? -rounded : rounded;
}

function* rowsOf(text: string): Generator<Row> {
  const [, ...lines] = text.split('\n');
  for (const line of lines) if (line !== '') yield rowOf(line);
}

/**
 * Only the description, which is not wanted, may hold commas: the columns before it are counted from
 * the left, those after it from the right.
 */
function rowOf(line: string): Row {
  const cells = line.split(',');
  const text = (at: number): string => (cells.at(at) ?? '').replaceAll('"', '');
  return { invoice: text(0), sku: text(1), quantity: Number(text(-5)), time: text(-4), price: text(-3), card: text(-2) };
}

/** The message earning publishes for a ticket. */
export function ratedMessage(ticket: TicketFact, offset: number): IncomingMessage {
  const value: TicketRated = {
    transactionKey: ticket.transactionKey, version: ticket.version, type: ticket.type, status: ticket.status as TicketRated['status'],
    ...(ticket.memberId === undefined ? {} : { memberId: ticket.memberId }), storeId: ticket.storeId, zone: 'Europe/London',
    businessDay: ticket.localDay,
    occurredAt: new Date(ticket.occurredAt).toISOString(), currency: ticket.currency, total: ticket.total,
    pointsEarned: ticket.pointsEarned,
    pointsReversed: ticket.pointsReversed, ...(ticket.originalKey === undefined ? {} : { originalKey: ticket.originalKey }),
    lines: ticket.lines.map((line) => ({
      line: line.line, sku: line.sku, quantity: line.quantity, amount: line.amount,
      ...(line.unitPrice === undefined ? {} : { unitPrice: line.unitPrice }),
    })),
  };
  return {
    topic: 'trebol.earning.ticket-rated.v1', partition: 0, offset: BigInt(offset), key: ticket.memberId ?? ticket.storeId,
    id: `${ticket.transactionKey}/${ticket.version}`,
    type: 'trebol.earning.ticket-rated.v1', tenant: ticket.tenant, time: ticket.occurredAt, value: JSON.stringify(value),
  };
}
