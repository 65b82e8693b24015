import type { ClientBase } from 'pg';
import type { ClaimFaultCode } from '../reasons.ts';
import { inTransaction, rowsOf } from '../transaction.ts';
import type { FinishBatch } from './finish-batch.ts';
import type { RateParts } from './rate-batch.ts';
import { KEPT_DAYS_MAX, rateFound } from './rate-kept.ts';
import { type BatchHeader, type Decision, openBatch } from './ticket-table.ts';

const DAY_MS = 86_400_000;

/** A receipt that somebody brings, and the member who says it is theirs. */
export interface Claim { readonly tenant: string; readonly key: string; readonly memberId: string }

/** `done` also when it was claimed for this member before. */
export type ClaimResult =
  | { readonly status: 'done'; readonly replayed: boolean }
  | { readonly status: 'refused'; readonly code: ClaimFaultCode | 'ticketNotFound' | 'memberNotFound' };

interface ClaimedRow {
  type: string; decision: Decision; member_id: string | null; token: string | null; occurred_at: Date; recorded_at: Date; body: Buffer;
}

/** Gives a sale without identification to a member, as if the card had been shown. */
export class ClaimTicket {
  constructor(private readonly parts: { readonly rate: RateParts; readonly finish: FinishBatch }) {}

  /** Claims and posts. The row is locked, so of two members who claim at once one gets it; claimed again it is as it is. */
  async claim(claim: Claim): Promise<ClaimResult> {
    const { dataSource, clock } = this.parts.rate;
    const done = await inTransaction(dataSource, async (client): Promise<ClaimResult & { readonly header?: BatchHeader }> => {
      const now = clock.now();
      const row = await rowOf(client, claim);
      if (!row) return { status: 'refused', code: 'ticketNotFound' };
      const memberId = (await this.parts.rate.members.membersOf(claim.tenant, [claim.memberId], client)).get(claim.memberId);
      if (row.member_id !== null && row.member_id === (memberId ?? claim.memberId)) return { status: 'done', replayed: true };
      const code = faultOf(row, now) ?? (memberId === undefined ? 'memberNotFound' : undefined);
      if (code !== undefined || memberId === undefined) return { status: 'refused', code: code ?? 'memberNotFound' };
      const header = await openBatch(client, claim.tenant, now);
      const sale = { key: claim.key, occurredAt: row.occurred_at.getTime(), body: row.body, memberId };
      await rateFound(client, header, { sales: [sale], parts: this.parts.rate });
      return { status: 'done', replayed: false, header };
    });
    if (done.header) await this.parts.finish.finishStored(done.header);
    return done;
  }
}

async function rowOf(client: ClientBase, { tenant, key }: Claim): Promise<ClaimedRow | undefined> {
  const [row] = await rowsOf<ClaimedRow>(client, `
    SELECT type, decision, member_id, token, occurred_at, recorded_at, body FROM earning.ticket
    WHERE tenant = $1 AND transaction_key = $2 FOR NO KEY UPDATE`, [tenant, key]);
  return row;
}

function faultOf(row: ClaimedRow, now: number): ClaimFaultCode | undefined {
  if (row.type !== 'sale') return 'claimOfNoSale';
  if (row.member_id !== null || row.token !== null) return 'claimOfIdentified';
  if (row.decision === 'tooOld') return 'claimOfTooOld';
  return row.recorded_at.getTime() < now - KEPT_DAYS_MAX * DAY_MS ? 'claimTooLate' : undefined;
}
