import { Problem, calendarOf } from '@trebol/chassis';
import { memberId } from '@trebol/contracts';
import type { PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { AdjustmentAnswer } from '../answers.ts';
import { derivedId } from '../derived-id.ts';
import { RefusedByLedger, accepted, balanceAnswer, outcomeOf } from '../refusals.ts';
import { otherType, pointTypeField } from '../point-type.ts';
import type { Asking, Settings, Who } from '../settings.ts';

/** Points, given or taken, that one key may adjust alone: about what a complaint at the till is settled with. */
export const ADJUSTED_ALONE_MAX = 1_000;
/** More at once is a mistyped number. */
const ADJUSTED_POINTS_MAX = 10_000_000;
/** Points given by hand are valid as long as those of a purchase usually are. */
const ADJUSTED_MONTHS_VALID = 12;

/** Body of `POST /v1/adjustments`; `points` above 0 gives, below 0 takes. */
export const adjusting = z.strictObject({
  memberId,
  pointType: pointTypeField,
  points: z.int().min(-ADJUSTED_POINTS_MAX).max(ADJUSTED_POINTS_MAX).refine((points) => points !== 0, 'Must not be 0'),
  reasonCode: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,39}$/, 'Must be letters, digits, "_", "." and "-", at most 40'),
  note: z.string().trim().min(1).max(200).regex(/^\P{Cc}*$/u, 'Must not hold control characters').optional(),
});
export type Adjusting = z.output<typeof adjusting>;

/** Body of `…/approve`. */
export const approving = z.strictObject({}).optional();

interface Row {
  readonly adjustment_id: string; readonly member_id: string; readonly points: string; readonly reason_code: string; readonly note: string | null;
  /** Null: the currency. */
  readonly point_type: string | null;
  readonly state: 'awaitingApproval' | 'asked' | 'done' | 'refused'; readonly created_by: string; readonly approved_by: string | null;
  readonly created_at: Date;
}

const COLUMNS = 'adjustment_id, member_id, points, point_type, reason_code, note, state, created_by, approved_by, created_at';
const KNOWN = 'SELECT 1 FROM redemption.member WHERE tenant = $1 AND member_id = $2';
// Durable before the wallet is touched: who asked and who approved can always be told.
const ASK = `INSERT INTO redemption.adjustment AS a
  (tenant, adjustment_id, member_id, points, reason_code, note, state, created_at, created_by, changed_at, changed_by,
    point_type)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $9, $10)
  ON CONFLICT (tenant, adjustment_id) DO UPDATE SET state = CASE WHEN a.state = 'refused' THEN excluded.state ELSE a.state END
  RETURNING ${COLUMNS}`;
const FIND = `SELECT ${COLUMNS} FROM redemption.adjustment WHERE tenant = $1 AND adjustment_id = $2`;
const APPROVE = `UPDATE redemption.adjustment SET state = 'asked', approved_by = $3, changed_at = $4, changed_by = $3
  WHERE tenant = $1 AND adjustment_id = $2 AND (state = 'awaitingApproval' OR (state = 'refused' AND approved_by IS NOT NULL))
    AND created_by <> $3`;
const NOTE = `UPDATE redemption.adjustment SET state = $3, changed_at = $4, changed_by = $5
  WHERE tenant = $1 AND adjustment_id = $2 AND state IN ('asked', 'refused')`;

/** Corrections by people: small ones at once, others when a second key approves. */
export class AdjustPoints {
  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly ledger: PointsLedger) {}

  /** Refusals: `memberNotFound`, `idempotencyConflict`, and the ledger's: `insufficientPoints`, `walletFrozen`, `walletClosed`, … */
  async adjust(request: Adjusting, { who, key }: Asking): Promise<AdjustmentAnswer> {
    const known: unknown[] = await this.dataSource.query(KNOWN, [who.tenant, request.memberId]);
    if (known.length === 0) throw new Problem('memberNotFound');
    const { points, reasonCode } = request;
    const pointType = otherType(this.settings, request.pointType);
    const state = Math.abs(points) > ADJUSTED_ALONE_MAX ? 'awaitingApproval' : 'asked';
    const [row]: Row[] = await this.dataSource.query(ASK, [
      who.tenant, derivedId(who.tenant, 'adjustment', key), request.memberId, points, reasonCode, request.note ?? null, state,
      new Date(this.settings.clock.now()), who.keyId, pointType ?? null,
    ]);
    if (!row || !same(row, { ...request, pointType })) throw new Problem('idempotencyConflict');
    return row.state === 'awaitingApproval' ? waits(row) : this.apply(row, who);
  }

  /**
   * Done by the key that approves, which is never the one that asked. Refusals: `adjustmentNotFound`, `sameApprover`, and the ledger's;
   * one that the wallet refused may be approved again.
   */
  async approve(adjustmentId: string, who: Who): Promise<AdjustmentAnswer> {
    await this.dataSource.query(APPROVE, [who.tenant, adjustmentId, who.keyId, new Date(this.settings.clock.now())]);
    const [row]: Row[] = await this.dataSource.query(FIND, [who.tenant, adjustmentId]);
    if (!row) throw new Problem('adjustmentNotFound', { adjustmentId });
    if (row.created_by === who.keyId) throw new Problem('sameApprover');
    // A small one needs nobody: there is nothing to approve.
    if (row.approved_by === null) throw new Problem('adjustmentNotFound', { adjustmentId });
    return this.apply(row, who);
  }

  private async apply(row: Row, who: Who): Promise<AdjustmentAnswer> {
    const { adjustment_id: adjustmentId, member_id: member } = row;
    const points = Number(row.points);
    const createdAt = row.created_at.getTime();
    try {
      const done = accepted(await outcomeOf(this.ledger.handle(this.settings.wallet(who.tenant, member, row.point_type ?? undefined), {
        type: 'AdjustPoints', commandId: adjustmentId, occurredAt: createdAt, source: { kind: 'adjustment', key: adjustmentId },
        points, reasonCode: row.reason_code, by: row.created_by,
        ...(row.approved_by === null ? {} : { approvedBy: row.approved_by }), ...(row.note === null ? {} : { note: row.note }),
        ...(points > 0 ? { lot: this.dates(createdAt) } : {}),
      })));
      await this.note(who, adjustmentId, 'done');
      return { adjustmentId, memberId: member, points, status: 'done', ...balanceAnswer(done, this.settings.clock.now()) };
    } catch (error) {
      if (error instanceof RefusedByLedger) await this.note(who, adjustmentId, 'refused');
      throw error;
    }
  }

  /** Of the lot that is granted: from the moment it was asked for, so that a repetition is the same command. */
  private dates(createdAt: number): { availableFrom: number; expiresAt: number; validThrough: string } {
    const calendar = calendarOf(this.settings.zone);
    const validThrough = calendar.addMonths(calendar.dayOf(createdAt), ADJUSTED_MONTHS_VALID);
    return { availableFrom: createdAt, expiresAt: calendar.endOfDay(validThrough), validThrough };
  }

  private async note({ tenant, keyId }: Who, adjustmentId: string, state: 'done' | 'refused'): Promise<void> {
    await this.dataSource.query(NOTE, [tenant, adjustmentId, state, new Date(this.settings.clock.now()), keyId]);
  }
}

const same = (row: Row, { memberId: member, points, pointType, reasonCode, note }: Adjusting): boolean =>
  row.point_type === (pointType ?? null) && row.member_id === member && Number(row.points) === points && row.reason_code === reasonCode && row.note === (note ?? null);

const waits = (row: Row): AdjustmentAnswer =>
  ({ adjustmentId: row.adjustment_id, memberId: row.member_id, points: Number(row.points), status: 'awaitingApproval' });
