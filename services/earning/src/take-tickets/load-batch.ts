import type { DataSource } from 'typeorm';
import type { Posting } from './posting.ts';
import type { BatchHeader, Decision } from './ticket-table.ts';

/** A durable batch, as far as the steps after rating need it. */
export interface BatchWork {
  readonly header: BatchHeader;
  readonly postings: readonly Posting[];
  /** All tickets of the batch: a return may wait for one of them. */
  readonly keys: readonly string[];
  /** Originals that returns of the batch still wait for. */
  readonly awaitedKeys: readonly string[];
  /** Identifiers of tickets that have no member yet. */
  readonly keptTokens: readonly string[];
}

/** A row of the table, as pg gives it. */
export interface TicketRow {
  transaction_key: string; content_hash: Buffer; type: 'sale' | 'return' | 'void'; decision: Decision;
  member_id: string | null; token: string | null;
  original_key: string | null; occurred_at: Date; points: string; lots: string | null; explanation: string | null;
  extension: string | null;
}

/** What a decided ticket asks of the steps after rating. */
export interface WorkItem {
  readonly key: string;
  readonly type: 'sale' | 'return' | 'void';
  readonly decision: Decision;
  readonly memberId: string | undefined;
  readonly token: string | undefined;
  readonly originalKey: string | undefined;
  readonly occurredAt: number;
  readonly hash: Buffer;
  readonly points: number;
  readonly lots: string | undefined;
  readonly explanation: string | undefined;
  readonly extension: string | undefined;
}

/** Sums up what is left to do for a batch. A ticket that moves no points has nothing to post. */
export function workOf(header: BatchHeader, items: readonly WorkItem[]): BatchWork {
  return {
    header,
    postings: items.flatMap((item) => postingOf(item) ?? []),
    keys: items.map((item) => item.key),
    awaitedKeys: items.flatMap((item) => (item.decision === 'awaitingOriginal' && item.originalKey ? item.originalKey : [])),
    keptTokens: items.flatMap((item) => (item.decision === 'noMember' && item.type === 'sale' && item.token ? item.token : [])),
  };
}

/** How no lots at all are written. */
const NO_LOTS = '[]';

/** The posting of a decided ticket, or nothing when it moves no points and no last day. */
export function postingOf(item: WorkItem): Posting | undefined {
  const { key, type, memberId, originalKey, occurredAt, hash, extension } = item;
  if (item.decision !== 'rated' || memberId === undefined) return undefined;
  // Points of the currency may be none where there are some of another type: what counts are the lots.
  const { lots, explanation } = item.lots === NO_LOTS ? { lots: undefined, explanation: undefined } : item;
  if (lots === undefined && extension === undefined) return undefined;
  return { key, type, memberId, originalKey, occurredAt, hash, lots, explanation: explanation ?? '[]', extension };
}

const COLUMNS = `transaction_key, content_hash, type, decision, member_id, token, original_key, occurred_at, points, lots, explanation, extension`;

/** Reads a batch back from the table. */
export async function loadBatch(dataSource: DataSource, header: BatchHeader): Promise<BatchWork> {
  const rows: TicketRow[] = await dataSource.query(
    `SELECT ${COLUMNS} FROM earning.ticket WHERE batch = $1 ORDER BY transaction_key`, [header.batch],
  );
  return workOf(header, rows.map(itemOf));
}

/** A page of tickets the ledger did not take although their batch is posted, and that may be taken now; those after `after`. */
export async function loadHeldBack(
  dataSource: DataSource, page: {
    readonly reasons: readonly string[]; readonly after: { readonly tenant: string; readonly key: string };
    readonly limit: number;
  },
): Promise<readonly { readonly tenant: string; readonly item: WorkItem }[]> {
  const rows: (TicketRow & { tenant: string })[] = await dataSource.query(`
    SELECT tenant, ${COLUMNS} FROM earning.ticket
    WHERE not_posted IS NOT NULL AND not_posted = ANY($1::text[]) AND (tenant, transaction_key) > ($2, $3)
    ORDER BY tenant, transaction_key LIMIT $4`, [page.reasons, page.after.tenant, page.after.key, page.limit]);
  return rows.map((row) => ({ tenant: row.tenant, item: itemOf(row) }));
}

export const itemOf = (row: TicketRow): WorkItem => ({
  key: row.transaction_key, type: row.type, decision: row.decision, memberId: row.member_id ?? undefined, token: row.token ?? undefined,
  originalKey: row.original_key ?? undefined, occurredAt: row.occurred_at.getTime(), hash: row.content_hash, points: Number(row.points),
  lots: row.lots ?? undefined, explanation: row.explanation ?? undefined, extension: row.extension ?? undefined,
});
