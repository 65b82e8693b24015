import { BIGINT, type DuckDBConnection, INTEGER, VARCHAR } from '@duckdb/node-api';
import type { LineFact, TicketFact } from '../facts.ts';
import { Stage } from './stage.ts';

/** A ticket by its place in the batch, and a line by that of its ticket. */
interface StagedTicket { readonly seq: number; readonly ticket: TicketFact }
interface StagedLine { readonly seq: number; readonly line: LineFact }

const TICKETS = new Stage<StagedTicket>('stage_ticket', [
  { name: 'seq', type: INTEGER, of: ({ seq }) => seq },
  { name: 'tenant', type: VARCHAR, of: ({ ticket }) => ticket.tenant },
  { name: 'transaction_key', type: VARCHAR, of: ({ ticket }) => ticket.transactionKey },
  { name: 'version', type: INTEGER, of: ({ ticket }) => ticket.version },
  { name: 'type', type: VARCHAR, of: ({ ticket }) => ticket.type },
  { name: 'status', type: VARCHAR, of: ({ ticket }) => ticket.status },
  { name: 'member_id', type: VARCHAR, of: ({ ticket }) => ticket.memberId ?? null },
  { name: 'store_id', type: VARCHAR, of: ({ ticket }) => ticket.storeId },
  { name: 'local_day', type: VARCHAR, of: ({ ticket }) => ticket.localDay },
  { name: 'occurred_at', type: BIGINT, of: ({ ticket }) => BigInt(ticket.occurredAt) },
  { name: 'currency', type: VARCHAR, of: ({ ticket }) => ticket.currency },
  { name: 'total', type: BIGINT, of: ({ ticket }) => BigInt(ticket.total) },
  { name: 'points_earned', type: BIGINT, of: ({ ticket }) => BigInt(ticket.pointsEarned) },
  { name: 'points_reversed', type: BIGINT, of: ({ ticket }) => BigInt(ticket.pointsReversed) },
  { name: 'original_key', type: VARCHAR, of: ({ ticket }) => ticket.originalKey ?? null },
]);

const LINES = new Stage<StagedLine>('stage_line', [
  { name: 'seq', type: INTEGER, of: ({ seq }) => seq },
  { name: 'line', type: INTEGER, of: ({ line }) => line.line },
  { name: 'sku', type: VARCHAR, of: ({ line }) => line.sku },
  { name: 'category', type: VARCHAR, of: ({ line }) => (line.category ? JSON.stringify(line.category) : null) },
  { name: 'quantity', type: BIGINT, of: ({ line }) => BigInt(line.quantity) },
  { name: 'unit_price', type: VARCHAR, of: ({ line }) => line.unitPrice ?? null },
  { name: 'amount', type: BIGINT, of: ({ line }) => BigInt(line.amount) },
]);

/** The day is part of the key, and its zone maps keep old data unread. */
const OF_THESE_DAYS = 't.local_day BETWEEN $from::DATE AND $to::DATE';

/** Whether any of the batch may be known, mostly not: one column is far cheaper to compare than the whole key. */
const MAYBE_KNOWN = `SELECT 1 FROM ticket t
WHERE ${OF_THESE_DAYS} AND t.transaction_key IN (SELECT transaction_key FROM stage_ticket) LIMIT 1`;

/** Tickets of the batch that are already known. */
const KNOWN = `CREATE OR REPLACE TEMP TABLE known AS
SELECT s.seq, s.tenant, s.transaction_key, s.local_day::DATE AS local_day, s.version > t.version AS replaced
FROM ticket t JOIN stage_ticket s
  ON t.local_day = s.local_day::DATE AND t.transaction_key = s.transaction_key AND t.tenant = s.tenant
WHERE ${OF_THESE_DAYS}`;

const sameTicket = (table: string): string => `DELETE FROM ${table} USING known k
WHERE k.replaced AND ${table}.local_day = k.local_day AND ${table}.transaction_key = k.transaction_key AND ${table}.tenant = k.tenant`;

/** Leaves out what is known and is not to be replaced. */
const NOT_KNOWN = 'ANTI JOIN (SELECT seq FROM known WHERE NOT replaced) k USING (seq)';

const insertTickets = (but: string): string => `INSERT INTO ticket
SELECT s.tenant, s.transaction_key, s.version, s.type, s.status, s.member_id, s.store_id, s.local_day::DATE, s.occurred_at, s.currency,
  s.total, s.points_earned, s.points_reversed, s.original_key
FROM stage_ticket s ${but}`;

const insertLines = (but: string): string => `INSERT INTO line
SELECT s.tenant, s.transaction_key, s.type, s.status, s.member_id, s.store_id, s.local_day::DATE, s.occurred_at, s.currency,
  l.line, l.sku, l.category, l.quantity, l.unit_price::DECIMAL(18,6), l.amount
FROM stage_line l JOIN stage_ticket s USING (seq) ${but}`;

/**
 * Upserts tickets with their lines, whole: a ticket not yet known is added, a higher version replaces ticket and lines, the same or
 * a lower version changes nothing. Runs inside the caller's transaction.
 */
export async function applyTickets(connection: DuckDBConnection, tickets: readonly TicketFact[]): Promise<void> {
  const newest = newestOfEach(tickets).map((ticket, seq): StagedTicket => ({ seq, ticket }));
  if (newest.length === 0) return;
  await TICKETS.fill(connection, newest);
  await LINES.fill(connection, newest.flatMap(({ seq, ticket }) => ticket.lines.map((line): StagedLine => ({ seq, line }))));
  const days = newest.map(({ ticket }) => ticket.localDay).sort();
  const among = { from: days[0] ?? '', to: days.at(-1) ?? '' };
  const maybeKnown = await (await connection.run(MAYBE_KNOWN, among)).getRows();
  if (maybeKnown.length > 0) await noteKnown(connection, among);
  const but = maybeKnown.length > 0 ? NOT_KNOWN : '';
  await connection.run(insertTickets(but));
  await connection.run(insertLines(but));
}

/** Notes which tickets are known, and removes those that a newer version replaces. */
async function noteKnown(connection: DuckDBConnection, among: { readonly from: string; readonly to: string }): Promise<void> {
  await connection.run(KNOWN, among);
  await connection.run(sameTicket('line'));
  await connection.run(sameTicket('ticket'));
}

/** One row for each ticket of the batch: its highest version, and of equal versions the first. */
function newestOfEach(tickets: readonly TicketFact[]): readonly TicketFact[] {
  const newest = new Map<string, TicketFact>();
  for (const ticket of tickets) {
    const key = `${ticket.tenant}\n${ticket.transactionKey}`;
    const seen = newest.get(key);
    if (!seen || ticket.version > seen.version) newest.set(key, ticket);
  }
  return [...newest.values()];
}
