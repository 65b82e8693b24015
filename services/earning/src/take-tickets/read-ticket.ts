import { type Explanation, explanation, type TicketStatus } from '@trebol/contracts';
import { binaryArray } from '@trebol/postgres-bulk';
import type { DataSource } from 'typeorm';
import type { AwardedLot } from '../decision.ts';
import { itemOf, type TicketRow, type WorkItem } from './load-batch.ts';
import type { Decision } from './ticket-table.ts';

/** A ticket as it stands: what was decided, and whether the wallet has it. */
export interface TicketReading extends WorkItem {
  readonly status: TicketStatus;
  /** Why it was rejected. */
  readonly reason: string | undefined;
  /** Why the ledger has not taken it, though its batch is posted. */
  readonly notPosted: string | undefined;
  readonly steps: Explanation;
  readonly awarded: readonly Pick<AwardedLot, 'points' | 'availableFrom'>[];
}

interface ReadingRow extends TicketRow { reason: string | null; not_posted: string | null; posted_at: Date | null }

/** Tickets by transaction key, as they stand now; keys that are not here are left out. */
export async function readTickets(
  dataSource: DataSource, tenant: string, keys: readonly string[],
): Promise<ReadonlyMap<string, TicketReading>> {
  const rows: ReadingRow[] = await dataSource.query(`
    SELECT t.transaction_key, t.content_hash, t.type, t.decision, t.reason, t.not_posted, t.member_id, t.token, t.original_key,
    t.occurred_at, t.points,
      t.lots, t.explanation, b.posted_at
    FROM earning.ticket t JOIN earning.rating_batch b ON b.batch = t.batch
    WHERE t.tenant = $1 AND t.transaction_key = ANY($2::text[])`, [tenant, binaryArray('text', keys)]);
  return new Map(rows.map((row) => [row.transaction_key, readingOf(row)]));
}

const readingOf = (row: ReadingRow): TicketReading => ({
  ...itemOf(row), ...shownParts(row), status: statusOf(row), reason: row.reason ?? undefined, notPosted: row.not_posted ?? undefined,
});

/** The parts of a decision that people are shown, read back from their JSON. */
export function shownParts(
  decided: { readonly type: string; readonly lots?: string | null | undefined; readonly explanation?: string | null | undefined },
): Pick<TicketReading, 'steps' | 'awarded'> {
  const { type, lots, explanation: steps } = decided;
  return {
    steps: steps ? explanation.parse(JSON.parse(steps)) : [],
    awarded: type === 'sale' && lots ? (JSON.parse(lots) as AwardedLot[]) : [],
  };
}

/** `posted` is said of the batch; a ticket the ledger did not take stays `rated`. */
export function statusOf(
  row: { readonly decision: Decision; readonly not_posted: string | null; readonly posted_at: Date | null },
): TicketStatus {
  if (row.decision !== 'rated') return row.decision;
  return row.posted_at !== null && row.not_posted === null ? 'posted' : 'rated';
}
