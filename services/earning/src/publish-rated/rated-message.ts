import { type Quantity, thousandthsOf, type TicketRated, type TicketStatus } from '@trebol/contracts';
import type { StoreTerms } from '../store.ts';
import type { TicketBody } from '../ticket-body.ts';

/** A ticket of a posted batch as the relay reads it. */
export interface RatedRow {
  readonly transaction_key: string; readonly version: number; readonly type: 'sale' | 'return' | 'void';
  readonly decision: 'rated' | 'noMember' | 'awaitingOriginal' | 'tooOld' | 'rejected'; readonly not_posted: string | null;
  readonly member_id: string | null; readonly original_key: string | null; readonly points: string;
  /** Milliseconds. */
  readonly occurred_at: number;
  /** Compact JSON. */
  readonly body: string;
}

/** The zone told when a store is in the register no longer (it cannot be taken out today, so this is for a restored database only). */
const ZONE_UNKNOWN = 'Etc/UTC';

/** The public message of a ticket; its batch is posted, so a decision `rated` means posted unless the ledger held it back. */
export function messageOf(row: RatedRow, stores: ReadonlyMap<string, StoreTerms>): TicketRated {
  const body = JSON.parse(row.body) as Pick<TicketBody, 'storeId' | 'businessDay' | 'currency' | 'lines'>;
  const sale = row.type === 'sale';
  const points = Number(row.points);
  let total = 0;
  for (const line of body.lines) total += line.amount;
  return {
    transactionKey: row.transaction_key, version: row.version, type: row.type, status: statusOf(row),
    ...(row.member_id === null ? {} : { memberId: row.member_id }),
    storeId: body.storeId, zone: stores.get(body.storeId)?.zone ?? ZONE_UNKNOWN, businessDay: body.businessDay,
    occurredAt: new Date(row.occurred_at).toISOString(), currency: body.currency, total,
    pointsEarned: sale ? points : 0, pointsReversed: sale ? 0 : points,
    ...(row.original_key === null ? {} : { originalKey: row.original_key }),
    lines: body.lines.map(({ line, sku, category, quantity, unitPrice, amount }) => ({
      line, sku, ...(category === undefined ? {} : { category }), ...told(quantity), ...(unitPrice === undefined ? {} : { unitPrice }), amount,
    })),
  };
}

/** Readers of before know whole units only: parts of one are rounded up for them, and told exactly beside it. */
const told = (quantity: Quantity): Pick<TicketRated['lines'][number], 'quantity' | 'quantityExact'> => (typeof quantity === 'number'
  ? { quantity } : { quantity: Math.ceil(thousandthsOf(quantity) / 1_000), quantityExact: quantity });

function statusOf(row: RatedRow): TicketStatus {
  if (row.decision !== 'rated') return row.decision;
  return row.not_posted === null ? 'posted' : 'rated';
}
