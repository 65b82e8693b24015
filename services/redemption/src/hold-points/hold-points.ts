import { Problem } from '@trebol/chassis';
import type { Outcome, PointsCommand, PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import type { CaptureAnswer, HoldAnswer, ReleaseAnswer } from '../answers.ts';
import { type Asked, type AskedRow, askedOrRefused } from '../ask.ts';
import { derivedId } from '../derived-id.ts';
import { accepted, balanceAnswer, outcomeOf } from '../refusals.ts';
import type { Asking, Settings, Who } from '../settings.ts';
import type { Capturing, Holding } from './hold-requests.ts';

const MINUTE_MILLISECONDS = 60_000;

interface HoldAsked extends Asked { readonly expires_at: Date }

// The intent: durable before the wallet is touched, so that a hold which exists in a wallet can always be found and lapsed. An
// earlier run of the same request keeps its own row and time; only one that the wallet refused is asked afresh.
const ASK = `WITH known AS (
  SELECT status FROM redemption.member WHERE tenant = $1 AND member_id = $3
), asked AS (
  INSERT INTO redemption.hold AS h
    (tenant, hold_id, member_id, points, expires_at, lapse_at, state, created_at, created_by, changed_at, changed_by)
  SELECT $1, $2, $3, $4::bigint, $5::timestamptz, $5::timestamptz, 'asked', $6::timestamptz, $7, $6::timestamptz, $7
  WHERE EXISTS (SELECT 1 FROM known WHERE status = 'active')
     OR EXISTS (SELECT 1 FROM redemption.hold WHERE tenant = $1 AND hold_id = $2 AND state <> 'refused')
  ON CONFLICT (tenant, hold_id) DO UPDATE SET
    state = CASE WHEN h.state = 'refused' THEN 'asked' ELSE h.state END,
    expires_at = CASE WHEN h.state = 'refused' THEN excluded.expires_at ELSE h.expires_at END,
    lapse_at = CASE WHEN h.state = 'refused' THEN excluded.lapse_at ELSE h.lapse_at END
  RETURNING member_id, points, expires_at
)
SELECT known.status, asked.member_id, asked.points, asked.expires_at
FROM (SELECT 1) AS one LEFT JOIN known ON true LEFT JOIN asked ON true`;

// The note may be lost in a crash: the stream knows better. So its commit does not wait for the disk.
const NOTE = `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
UPDATE redemption.hold SET state = $3, changed_at = $4, changed_by = $5 FROM quick
WHERE tenant = $1 AND hold_id = $2 AND state = ANY($6)`;

/** Sets points aside for a till, and takes them or lets them go. The wallet decides; this writes down what it is asked. */
export class HoldPoints {
  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly ledger: PointsLedger) {}

  /** Refusals: `memberNotFound`, `memberBlocked`, and the ledger's (`insufficientPoints`, `walletFrozen`, `limitReached`, …). */
  async place(request: Holding, who: Who, key: string): Promise<HoldAnswer> {
    const now = this.settings.clock.now();
    const holdId = derivedId(who.tenant, 'hold', key);
    const { memberId, points } = request;
    const [found]: AskedRow<HoldAsked>[] = await this.dataSource.query(ASK, [
      who.tenant, holdId, memberId, points, new Date(now + request.minutes * MINUTE_MILLISECONDS), new Date(now), who.keyId,
    ]);
    const expiresAt = askedOrRefused(found, request).expires_at.getTime();
    const outcome = await this.command(who, memberId, { type: 'PlaceHold', commandId: holdId, occurredAt: now, holdId, points, expiresAt });
    if (outcome.status === 'refused') await this.note(who, holdId, { to: 'refused', from: ['asked'] });
    const done = accepted(outcome);
    await this.note(who, holdId, { to: 'open', from: ['asked', 'refused'] });
    return {
      holdId, memberId, points, expiresAt: new Date(expiresAt).toISOString(),
      allocations: done.effect.allocations, ...balanceAnswer(done, this.settings.clock.now()),
    };
  }

  /**
   * Spends the hold, wholly or in part; the rest goes back.
   * Refusals: `holdNotFound`, `holdClosed`, `holdExpired`, `captureExceedsHold`.
   */
  async capture(holdId: string, request: Capturing, { who, key }: Asking): Promise<CaptureAnswer> {
    const memberId = await this.memberOf(who, holdId);
    const commandId = derivedId(who.tenant, 'capture', key);
    const occurredAt = this.settings.clock.now();
    const done = accepted(await this.command(who, memberId,
      { type: 'CaptureHold', commandId, occurredAt, holdId, points: request.points }));
    await this.note(who, holdId, { to: 'captured', from: ['asked', 'open'] });
    return {
      holdId, memberId, captured: done.effect.spent, allocations: done.effect.allocations,
      ...balanceAnswer(done, this.settings.clock.now()),
    };
  }

  /** Lets the points go. Refusals: `holdNotFound`, `holdClosed`. */
  async release(holdId: string, { who, key }: Asking): Promise<ReleaseAnswer> {
    const memberId = await this.memberOf(who, holdId);
    const commandId = derivedId(who.tenant, 'release', key);
    const done = accepted(await this.command(who, memberId,
      { type: 'ReleaseHold', commandId, occurredAt: this.settings.clock.now(), holdId }));
    await this.note(who, holdId, { to: 'released', from: ['asked', 'open'] });
    return { holdId, memberId, ...balanceAnswer(done, this.settings.clock.now()) };
  }

  private command(who: Who, memberId: string, command: PointsCommand): Promise<Outcome> {
    return outcomeOf(this.ledger.handle(this.settings.wallet(who.tenant, memberId), command));
  }

  private async memberOf(who: Who, holdId: string): Promise<string> {
    const [hold]: { member_id: string }[] = await this.dataSource.query(
      'SELECT member_id FROM redemption.hold WHERE tenant = $1 AND hold_id = $2', [who.tenant, holdId]);
    if (!hold) throw new Problem('holdNotFound', { holdId });
    return hold.member_id;
  }

  private async note(who: Who, holdId: string, { to, from }: Noted): Promise<void> {
    await this.dataSource.query(NOTE, [who.tenant, holdId, to, new Date(this.settings.clock.now()), who.keyId, from]);
  }
}

interface Noted { readonly to: 'open' | 'captured' | 'released' | 'refused'; readonly from: readonly string[] }
