import { binaryArray } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import { inTransaction, rowsOf } from '../transaction.ts';
import { rateForMember } from './decide-ticket.ts';
import type { RateParts } from './rate-batch.ts';
import { noteActivity } from './member-activity.ts';
import { settleReturns } from './settle-returns.ts';
import { type BatchHeader, type Decided, bodyOf, businessDayOf, openBatch, updateDecisions } from './ticket-table.ts';

/** A ticket whose identifier nobody knew is kept for this many days after it came; an older one can only be claimed by hand. */
export const KEPT_DAYS_MAX = 90;
/** Tickets rated in one transaction when a card that was used for long is registered. */
const KEPT_BATCH_MAX = 500;
const DAY_MS = 86_400_000;

interface KeptRow { transaction_key: string; token: string; occurred_at: Date; body: Buffer }

/** Rates tickets that were kept because their identifier was not known, and settles the returns of sales that arrived after them. */
export class RateKept {
  constructor(private readonly parts: RateParts) {}

  /**
   * Rates the next kept tickets of these tokens as far as they have members now; answers the batch, or undefined when there is
   * nothing left.
   */
  async rateNext(tenant: string, tokens: readonly string[]): Promise<BatchHeader | undefined> {
    if (tokens.length === 0) return undefined;
    return inTransaction(this.parts.dataSource, async (client) => {
      const members = await this.parts.members.membersOf(tenant, [...new Set(tokens)], client);
      if (members.size === 0) return undefined;
      const recordedAt = this.parts.clock.now();
      const rows = await rowsOf<KeptRow>(client, `
        SELECT transaction_key, token, occurred_at, body FROM earning.ticket
        WHERE tenant = $1 AND token = ANY($2::text[]) AND decision = 'noMember' AND type = 'sale' AND recorded_at >= $3
        ORDER BY transaction_key LIMIT ${KEPT_BATCH_MAX} FOR NO KEY UPDATE`,
      [tenant, binaryArray('text', [...members.keys()]), new Date(recordedAt - KEPT_DAYS_MAX * DAY_MS)]);
      if (rows.length === 0) return undefined;
      const header = await openBatch(client, tenant, recordedAt);
      const sales = rows.flatMap((row): FoundSale[] => {
        const memberId = members.get(row.token);
        return memberId === undefined
          ? [] : [{ key: row.transaction_key, occurredAt: row.occurred_at.getTime(), body: row.body, memberId }];
      });
      await rateFound(client, header, { sales, parts: this.parts });
      return header;
    });
  }
}

/** A kept sale and whose it is now. */
export interface FoundSale { readonly key: string; readonly occurredAt: number; readonly body: Buffer; readonly memberId: string }

/** Rates kept sales that have a member now, and settles the returns that waited for them. They move to the batch. */
export async function rateFound(
  client: ClientBase, header: BatchHeader, found: { readonly sales: readonly FoundSale[]; readonly parts: RateParts },
): Promise<void> {
  const { sales, parts: { rating, ruleBooks } } = found;
  const book = await ruleBooks.bookOf(header.tenant, client);
  const receipt = { recordedAt: header.recordedAt, history: true }; // lateness was judged when the ticket came
  const activities = sales.map(({ key, occurredAt, memberId }) => ({ memberId, businessDay: businessDayOf(key), occurredAt }));
  const lastActive = await noteActivity(client, header.tenant, { activities, book, isTooOld: () => false });
  const context = { receipt, book, rating, lastActive };
  const decisions = sales.map(({ key, occurredAt, body, memberId }): { key: string; decided: Decided } => {
    const { businessDay, currency, lines, tenders } = bodyOf(body);
    return { key, decided: rateForMember({ key, occurredAt, businessDay, currency, lines, tenders }, memberId, context) };
  });
  await updateDecisions(client, header, decisions);
  await settleReturns(client, header, { originalKeys: decisions.map(({ key }) => key), rating, ruleBooks });
}
