import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { LineFact, TicketFact } from '../facts.ts';

const STAGE = `
CREATE OR REPLACE TEMP TABLE stage_ticket (seq INTEGER, tenant VARCHAR, transaction_key VARCHAR, version INTEGER, type VARCHAR,
  status VARCHAR, member_id VARCHAR, store_id VARCHAR, local_day VARCHAR, occurred_at BIGINT, currency VARCHAR, total BIGINT,
  points_earned BIGINT, points_reversed BIGINT, original_key VARCHAR);
CREATE OR REPLACE TEMP TABLE stage_line (seq INTEGER, line INTEGER, sku VARCHAR, category VARCHAR, quantity BIGINT,
  unit_price VARCHAR, amount BIGINT);
`;

/** Tickets of the batch that are already known. The day joins too: it is part of the key, and its zone maps keep old data unread. */
const KNOWN = `
CREATE OR REPLACE TEMP TABLE known AS
SELECT s.seq, s.tenant, s.transaction_key, s.local_day::DATE AS local_day, s.version > t.version AS replaced
FROM ticket t JOIN stage_ticket s
  ON t.local_day = s.local_day::DATE AND t.transaction_key = s.transaction_key AND t.tenant = s.tenant
WHERE t.local_day BETWEEN $from::DATE AND $to::DATE`;

const sameTicket = (table: string): string => `DELETE FROM ${table} USING known k
WHERE k.replaced AND ${table}.local_day = k.local_day AND ${table}.transaction_key = k.transaction_key AND ${table}.tenant = k.tenant`;

const INSERT_TICKETS = `INSERT INTO ticket
SELECT s.tenant, s.transaction_key, s.version, s.type, s.status, s.member_id, s.store_id, s.local_day::DATE, s.occurred_at, s.currency,
  s.total, s.points_earned, s.points_reversed, s.original_key
FROM stage_ticket s ANTI JOIN (SELECT seq FROM known WHERE NOT replaced) k USING (seq)`;

const INSERT_LINES = `INSERT INTO line
SELECT s.tenant, s.transaction_key, s.type, s.status, s.member_id, s.store_id, s.local_day::DATE, s.occurred_at, s.currency,
  l.line, l.sku, l.category, l.quantity, l.unit_price::DECIMAL(18,6), l.amount
FROM stage_line l JOIN stage_ticket s USING (seq) ANTI JOIN (SELECT seq FROM known WHERE NOT replaced) k USING (seq)`;

/**
 * Upserts tickets with their lines, whole: a ticket not yet known is added, a higher version replaces ticket and lines, the same or
 * a lower version changes nothing. Runs inside the caller's transaction.
 */
export async function applyTickets(connection: DuckDBConnection, tickets: readonly TicketFact[]): Promise<void> {
  const newest = newestOfEach(tickets);
  if (newest.length === 0) return;
  await connection.run(STAGE);
  await append(connection, 'stage_ticket', (appender) => newest.forEach((ticket, seq) => { appendTicket(appender, seq, ticket); }));
  await append(connection, 'stage_line', (appender) => newest.forEach((ticket, seq) => {
    for (const line of ticket.lines) appendLine(appender, seq, line);
  }));
  const days = newest.map((ticket) => ticket.localDay).sort();
  await connection.run(KNOWN, { from: days[0] ?? '', to: days.at(-1) ?? '' });
  const replaced = await (await connection.run('SELECT 1 FROM known WHERE replaced LIMIT 1')).getRows();
  if (replaced.length > 0) {
    await connection.run(sameTicket('line'));
    await connection.run(sameTicket('ticket'));
  }
  await connection.run(INSERT_TICKETS);
  await connection.run(INSERT_LINES);
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

async function append(connection: DuckDBConnection, table: string, fill: (appender: DuckDBAppender) => void): Promise<void> {
  const appender = await connection.createAppender(table, 'main', 'temp');
  fill(appender);
  appender.closeSync();
}

function appendTicket(appender: DuckDBAppender, seq: number, ticket: TicketFact): void {
  appender.appendInteger(seq);
  appender.appendVarchar(ticket.tenant);
  appender.appendVarchar(ticket.transactionKey);
  appender.appendInteger(ticket.version);
  appender.appendVarchar(ticket.type);
  appender.appendVarchar(ticket.status);
  appendText(appender, ticket.memberId);
  appender.appendVarchar(ticket.storeId);
  appender.appendVarchar(ticket.localDay);
  appender.appendBigInt(BigInt(ticket.occurredAt));
  appender.appendVarchar(ticket.currency);
  appender.appendBigInt(BigInt(ticket.total));
  appender.appendBigInt(BigInt(ticket.pointsEarned));
  appender.appendBigInt(BigInt(ticket.pointsReversed));
  appendText(appender, ticket.originalKey);
  appender.endRow();
}

function appendLine(appender: DuckDBAppender, seq: number, line: LineFact): void {
  appender.appendInteger(seq);
  appender.appendInteger(line.line);
  appender.appendVarchar(line.sku);
  appendText(appender, line.category && JSON.stringify(line.category));
  appender.appendBigInt(BigInt(line.quantity));
  appendText(appender, line.unitPrice);
  appender.appendBigInt(BigInt(line.amount));
  appender.endRow();
}

function appendText(appender: DuckDBAppender, value: string | undefined): void {
  if (value === undefined) appender.appendNull();
  else appender.appendVarchar(value);
}
