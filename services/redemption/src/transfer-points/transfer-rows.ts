import type { TransferredLot } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { type Asked, type AskedRow, askedOrRefused } from '../ask.ts';
import type { Who } from '../settings.ts';

/** A member answers a gift or a shared account within two weeks; then the points go back. */
export const TRANSFER_DAYS_MAX = 14;
const DAY_MILLISECONDS = 86_400_000;
/** A step that is unfinished after this long is finished by the sweep: its request is dead or has given up. */
const UNFINISHED_MILLISECONDS = 60_000;
/** When a step that the wallet refused for now (frozen, too many lots) is tried again. */
const AGAIN_MILLISECONDS = 10 * 60_000;

export type TransferState = 'asked' | 'refused' | 'sent' | 'accepting' | 'returning' | 'accepted' | 'returned';
export type ReturnReason = 'returned' | 'lapsed' | 'recipientClosed';

/** A transfer as the database has it. */
export interface Transfer {
  readonly tenant: string;
  readonly transferId: string;
  readonly from: string;
  readonly to: string;
  readonly points: number;
  readonly state: TransferState;
  readonly reason: ReturnReason | null;
  /** Null until they were sent. */
  readonly lots: readonly TransferredLot[] | null;
  readonly lapsesAt: number;
  /** When it came into its state: what the step out of it says, however often it is tried. */
  readonly changedAt: number;
}

/** What a state becomes, and what is kept with it. */
export interface Turn {
  readonly to: TransferState;
  readonly reason?: ReturnReason | undefined;
  readonly lots?: readonly TransferredLot[] | undefined;
}

interface Row {
  readonly tenant: string; readonly transfer_id: string; readonly sender_id: string; readonly recipient_id: string; readonly points: string;
  readonly state: TransferState; readonly reason: ReturnReason | null; readonly lots: string | null; readonly lapses_at: Date;
  readonly changed_at: Date;
}

const COLUMNS = 'tenant, transfer_id, sender_id, recipient_id, points, state, reason, lots, lapses_at, changed_at';

// As for a hold: durable before the wallet is touched; one that the wallet refused is asked afresh, with its time from now.
const ASK = `WITH known AS (
  SELECT m.status FROM redemption.member m WHERE m.tenant = $1 AND m.member_id IN ($3, $4)
), members AS (
  SELECT count(*) = 2 AS known, min(status) FILTER (WHERE status <> 'active') AS other FROM known
), asked AS (
  INSERT INTO redemption.transfer AS t (tenant, transfer_id, sender_id, recipient_id, points, state, lapses_at, due_at,
    created_at, created_by, changed_at, changed_by)
  SELECT $1, $2, $3, $4, $5::bigint, 'asked', $6::timestamptz, $7::timestamptz, $8::timestamptz, $9, $8::timestamptz, $9
  FROM members WHERE (members.known AND other IS NULL)
    OR EXISTS (SELECT 1 FROM redemption.transfer WHERE tenant = $1 AND transfer_id = $2 AND state <> 'refused')
  ON CONFLICT (tenant, transfer_id) DO UPDATE SET
    state = CASE WHEN t.state = 'refused' THEN 'asked' ELSE t.state END,
    lapses_at = CASE WHEN t.state = 'refused' THEN excluded.lapses_at ELSE t.lapses_at END,
    due_at = CASE WHEN t.state IN ('refused', 'asked') THEN excluded.due_at ELSE t.due_at END
  RETURNING sender_id, recipient_id, points
)
SELECT CASE WHEN members.known THEN coalesce(other, 'active') END AS status, asked.sender_id AS member_id, asked.recipient_id, asked.points
FROM members LEFT JOIN asked ON true`;

const TURN = `UPDATE redemption.transfer SET state = $4, reason = coalesce($5, reason), lots = coalesce($6, lots), due_at = $7,
  changed_at = $8, changed_by = $9
  WHERE tenant = $1 AND transfer_id = $2 AND state = $3 RETURNING ${COLUMNS}`;

const DUE = `SELECT ${COLUMNS} FROM redemption.transfer
  WHERE state IN ('asked', 'sent', 'accepting', 'returning') AND due_at <= $1 ORDER BY due_at LIMIT $2`;

/** What is written of transfers. A state changes only from the one that was seen: of two answers at once, one wins. */
export class TransferRows {
  constructor(private readonly dataSource: DataSource) {}

  /** Writes the intent. Refusals: `memberNotFound`, `memberBlocked`, `idempotencyConflict`. */
  async ask(asked: Pick<Transfer, 'transferId' | 'from' | 'to' | 'points'>, who: Who, now: number): Promise<Transfer> {
    const { transferId, from, to, points } = asked;
    const [found]: (AskedRow<Asked & { readonly recipient_id: string }>)[] = await this.dataSource.query(ASK, [
      who.tenant, transferId, from, to, points, new Date(now + TRANSFER_DAYS_MAX * DAY_MILLISECONDS),
      new Date(now + UNFINISHED_MILLISECONDS), new Date(now), who.keyId,
    ]);
    const wanted = { memberId: found?.recipient_id === null || found?.recipient_id === to ? from : '', points };
    askedOrRefused(found, wanted);
    const row = await this.find(who.tenant, transferId);
    if (!row) throw new Error(`the transfer ${transferId} was written and is not there`);
    return row;
  }

  async find(tenant: string, transferId: string): Promise<Transfer | undefined> {
    const [row]: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM redemption.transfer WHERE tenant = $1 AND transfer_id = $2`, [tenant, transferId]);
    return row && transferOf(row);
  }

  /** The transfer after the turn; undefined when somebody else turned it first. */
  async turn(transfer: Transfer, turn: Turn, by: { readonly keyId: string; readonly now: number }): Promise<Transfer | undefined> {
    const { tenant, transferId, state, lapsesAt } = transfer;
    const dueAt = turn.to === 'sent' ? lapsesAt : by.now + UNFINISHED_MILLISECONDS;
    const [rows]: [Row[], number] = await this.dataSource.query(TURN, [
      tenant, transferId, state, turn.to, turn.reason ?? null, turn.lots === undefined ? null : JSON.stringify(turn.lots),
      new Date(dueAt), new Date(by.now), by.keyId,
    ]);
    return rows[0] && transferOf(rows[0]);
  }

  async due(now: number, max: number): Promise<readonly Transfer[]> {
    const rows: Row[] = await this.dataSource.query(DUE, [new Date(now), max]);
    return rows.map(transferOf);
  }

  /** Looks at it again later, because it could not be finished now. */
  async later({ tenant, transferId, state }: Transfer, now: number): Promise<void> {
    await this.dataSource.query(
      'UPDATE redemption.transfer SET due_at = $4 WHERE tenant = $1 AND transfer_id = $2 AND state = $3',
      [tenant, transferId, state, new Date(now + AGAIN_MILLISECONDS)]);
  }
}

const transferOf = (row: Row): Transfer => ({
  tenant: row.tenant, transferId: row.transfer_id, from: row.sender_id, to: row.recipient_id, points: Number(row.points),
  state: row.state, reason: row.reason, lots: row.lots === null ? null : JSON.parse(row.lots) as TransferredLot[],
  lapsesAt: row.lapses_at.getTime(), changedAt: row.changed_at.getTime(),
});
