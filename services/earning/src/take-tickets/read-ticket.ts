import { type Explanation, explanation, type TicketStatus } from '@trebol/contracts';
import { binaryArray } from '@trebol/postgres-bulk';
import type { DataSource } from 'typeorm';
import type { AwardedLot, ReversedLot } from '../decision.ts';
import type { CorrectionFaultCode, NotPostedCode } from '../reasons.ts';
import { KEPT_DAYS_MAX } from './rate-kept.ts';
import { itemOf, type TicketRow, type WorkItem } from './load-batch.ts';
import { businessDayOf, type Decision } from './ticket-table.ts';

/** A ticket as it stands: what was decided, and whether the wallet has it. */
export interface TicketReading extends WorkItem {
  readonly status: TicketStatus;
  /** Why it was rejected, and the field that this is about. */
  readonly reason: CorrectionFaultCode | undefined;
  readonly pointer: string | undefined;
  /** Why the ledger has not taken it, though its batch is posted. */
  readonly notPosted: NotPostedCode | undefined;
  readonly steps: Explanation;
  /** Lots of the currency that a sale gave. */
  readonly awarded: readonly Pick<AwardedLot, 'points' | 'availableFrom'>[];
  /** Points of other types that the ticket gave, or took back. */
  readonly others: readonly OtherPoints[];
}

/** Points of a type beside the currency; `availableFrom` (milliseconds) of those that were given. */
export interface OtherPoints { readonly pointType: string; readonly points: number; readonly availableFrom: number | undefined }

interface ReadingRow extends TicketRow {
  reason: CorrectionFaultCode | null; pointer: string | null; not_posted: NotPostedCode | null; posted_at: Date | null;
}

/** Tickets by transaction key, as they stand now; keys that are not here are left out. */
export async function readTickets(
  dataSource: DataSource, tenant: string, keys: readonly string[],
): Promise<ReadonlyMap<string, TicketReading>> {
  const rows: ReadingRow[] = await dataSource.query(`
    SELECT t.transaction_key, t.content_hash, t.type, t.decision, t.reason, t.pointer, t.not_posted, t.member_id, t.token,
      t.original_key, t.occurred_at, t.points, t.lots, t.explanation, t.extension, b.posted_at
    FROM earning.ticket t JOIN earning.rating_batch b ON b.batch = t.batch
    WHERE t.tenant = $1 AND t.transaction_key = ANY($2::text[])`, [tenant, binaryArray('text', keys)]);
  return new Map(rows.map((row) => [row.transaction_key, readingOf(row)]));
}

function readingOf(row: ReadingRow): TicketReading {
  const item = itemOf(row);
  return {
    ...item, ...shownParts(item), status: statusOf(row), reason: row.reason ?? undefined, pointer: row.pointer ?? undefined,
    notPosted: row.not_posted ?? undefined,
  };
}

/** The parts of a decision that people are shown, read back from their JSON, or told from how the ticket stands. */
export function shownParts(item: WorkItem): Pick<TicketReading, 'steps' | 'awarded' | 'others'> {
  const { type, explanation: steps } = item;
  const lots = JSON.parse(item.lots ?? '[]') as (AwardedLot | ReversedLot)[];
  return {
    steps: steps ? explanation.parse(JSON.parse(steps)) : whyNothing(item),
    awarded: type === 'sale' ? (lots as AwardedLot[]).filter(({ pointType }) => pointType === undefined) : [],
    others: lots.flatMap((lot) => (lot.pointType === undefined ? []
      : [{ pointType: lot.pointType, points: lot.points, availableFrom: 'availableFrom' in lot ? lot.availableFrom : undefined }])),
  };
}

/** `posted` is said of the batch; a ticket the ledger did not take stays `rated`. */
export function statusOf(
  row: { readonly decision: Decision; readonly not_posted: string | null; readonly posted_at: Date | null },
): TicketStatus {
  if (row.decision !== 'rated') return row.decision;
  return row.posted_at !== null && row.not_posted === null ? 'posted' : 'rated';
}

/** A ticket that stands still says why: a step that is told, not stored, because it is true only as long as the ticket stands so. */
function whyNothing({ key, type, decision, token, originalKey }: WorkItem): Explanation {
  switch (decision) {
    case 'noMember':
      if (type !== 'sale') return [{ kind: 'notGiven', reason: 'saleWithoutMember', original: originalKey }];
      return token === undefined
        ? [{ kind: 'notGiven', reason: 'noIdentification', days: KEPT_DAYS_MAX }] : [{ kind: 'notGiven', reason: 'unknownIdentifier', days: KEPT_DAYS_MAX }];
    case 'awaitingOriginal':
      return originalKey === undefined
        ? [{ kind: 'notGiven', reason: 'originalNotNamed' }] : [{ kind: 'notGiven', reason: 'awaitingOriginal', original: originalKey }];
    case 'tooOld': return [{ kind: 'notGiven', reason: 'tooOld', day: businessDayOf(key) }];
    case 'rated':
    case 'rejected': return [];
    default: {
      const never: never = decision;
      throw new Error(`unknown decision ${String(never)}`);
    }
  }
}
