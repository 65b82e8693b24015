import { type IdempotentAnswer, Problem } from '@trebol/chassis';
import type { Outcome, PointsCommand, PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import type { CaptureAnswer, HoldAnswer, ReleaseAnswer } from '../answers.ts';
import { type Asked, type AskedRow, askedAt, askedOrRefused } from '../ask.ts';
import { derivedId } from '../derived-id.ts';
import { onlyCurrency } from '../point-type.ts';
import { accepted, balanceAnswer, outcomeOf } from '../refusals.ts';
import type { Asking, Settings, Who } from '../settings.ts';
import { SpendOnce } from '../spend-once.ts';
import { holdStatements } from './hold-sql.ts';
import type { Capturing, Holding } from './hold-requests.ts';

const MINUTE_MILLISECONDS = 60_000;

interface HoldAsked extends Asked { readonly expires_at: Date }

// The note may be lost in a crash: the stream knows better. So its commit does not wait for the disk.
const NOTE = `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
UPDATE redemption.hold SET state = $3, changed_at = $4, changed_by = $5 FROM quick
WHERE tenant = $1 AND hold_id = $2 AND state = ANY($6)`;

const FIND = `SELECT member_id, state NOT IN ('asked', 'open') AS over, created_at FROM redemption.hold
WHERE tenant = $1 AND hold_id = $2`;

/** Sets points aside for a till, and takes them or lets them go. The wallet decides; this writes down what it is asked. */
export class HoldPoints {
  private readonly once: SpendOnce<AskedRow<HoldAsked>>;

  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly ledger: PointsLedger) {
    this.once = new SpendOnce(dataSource, settings.clock, holdStatements);
  }

  /** The answer is kept for repetitions. Refusals: `memberNotFound`, `memberBlocked`, and the ledger's (`insufficientPoints`, …). */
  async place(request: Holding, asking: Asking): Promise<IdempotentAnswer> {
    onlyCurrency(this.settings, request.pointType);
    const { who, key } = asking;
    const holdId = derivedId(who.tenant, 'hold', key);
    const { memberId, points } = request;
    const extra = new Date(this.settings.clock.now() + request.minutes * MINUTE_MILLISECONDS);
    return this.once.run({ asking, id: holdId, memberId, points, extra }, request, async (found): Promise<HoldAnswer> => {
      const asked = askedOrRefused(found, request);
      const expiresAt = asked.expires_at.getTime();
      const done = accepted(await this.command(who, memberId,
        { type: 'PlaceHold', commandId: holdId, occurredAt: askedAt(asked), holdId, points, expiresAt }));
      return {
        holdId, memberId, points, expiresAt: new Date(expiresAt).toISOString(),
        allocations: done.effect.allocations, ...balanceAnswer(done, this.settings.clock.now()),
      };
    });
  }

  /**
   * Spends the hold, wholly or in part; the rest goes back.
   * Refusals: `holdNotFound`, `holdClosed`, `holdExpired`, `captureExceedsHold`.
   */
  async capture(holdId: string, request: Capturing, { who, key }: Asking): Promise<CaptureAnswer> {
    const { memberId, occurredAt } = await this.find(who, holdId);
    const commandId = derivedId(who.tenant, 'capture', key);
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
    const { memberId, occurredAt } = await this.find(who, holdId);
    const commandId = derivedId(who.tenant, 'release', key);
    const done = accepted(await this.command(who, memberId,
      { type: 'ReleaseHold', commandId, occurredAt, holdId }));
    await this.note(who, holdId, { to: 'released', from: ['asked', 'open'] });
    return { holdId, memberId, ...balanceAnswer(done, this.settings.clock.now()) };
  }

  private command(who: Who, memberId: string, command: PointsCommand): Promise<Outcome> {
    return outcomeOf(this.ledger.handle(this.settings.wallet(who.tenant, memberId), command));
  }

  /**
   * Whose hold it is, and when what is asked of it happens: now. A hold that is over by its note can only be told again what was done, and is
   * looked for as far back as it was placed: the wallet's books may have been closed since.
   */
  private async find(who: Who, holdId: string): Promise<{ readonly memberId: string; readonly occurredAt: number }> {
    const [hold]: Found[] = await this.dataSource.query(FIND, [who.tenant, holdId]);
    if (!hold) throw new Problem('holdNotFound', { holdId });
    return { memberId: hold.member_id, occurredAt: hold.over ? hold.created_at.getTime() : this.settings.clock.now() };
  }

  private async note(who: Who, holdId: string, { to, from }: Noted): Promise<void> {
    await this.dataSource.query(NOTE, [who.tenant, holdId, to, new Date(this.settings.clock.now()), who.keyId, from]);
  }
}

interface Found { readonly member_id: string; readonly over: boolean; readonly created_at: Date }

interface Noted { readonly to: 'captured' | 'released'; readonly from: readonly string[] }
