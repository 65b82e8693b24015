import { Rounds } from '@trebol/chassis';
import type { Outcome, PointsLedger, Refusal } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { derivedId } from '../derived-id.ts';
import type { Settings } from '../settings.ts';

/** Holds looked at together: one append for each wallet, a transaction of milliseconds. */
const BATCH_MAX = 500;
/** A hold is let go at most this long after its time. Nobody waits for it: an expired hold cannot be captured anyway. */
const EVERY_MS = 5_000;
/** When a hold that could not be let go (frozen wallet, store without an answer) is looked at again. */
const AGAIN_MILLISECONDS = 10 * 60_000;

interface Due { readonly tenant: string; readonly hold_id: string; readonly member_id: string }

/** What a look at a due hold comes to: a final state, or the instant of the next look. */
export type Note = { readonly state: 'captured' | 'released' | 'lapsed' | 'refused' } | { readonly lapseAt: number };

// A hold that is on its way into another wallet is in neither until the merge is done.
const DUE = `SELECT tenant, hold_id, member_id FROM redemption.hold h
  WHERE state IN ('asked', 'open') AND lapse_at <= $1
    AND NOT EXISTS (SELECT 1 FROM redemption.merge m WHERE m.state <> 'done' AND m.point_type IS NULL AND m.tenant = h.tenant AND m.from_id = h.member_id)
  ORDER BY lapse_at LIMIT $2`;

const NOTE = `UPDATE redemption.hold h SET state = coalesce(n.state, h.state), lapse_at = coalesce(n.lapse_at, h.lapse_at),
  changed_at = $5, changed_by = 'lapse-holds'
  FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS n (tenant, hold_id, state, lapse_at)
  WHERE h.tenant = n.tenant AND h.hold_id = n.hold_id AND h.state IN ('asked', 'open')`;

/** What the wallet's answer says of a due hold. The stream is the truth: a note lost in a crash is mended here. */
export function noteOf(outcome: Outcome, now: number): Note {
  switch (outcome.status) {
    case 'accepted':
      return { state: 'lapsed' };
    case 'refused':
      return noteOfRefusal(outcome.refusal, now);
    case 'unknown':
      return { lapseAt: now + AGAIN_MILLISECONDS };
    default: {
      const never: never = outcome;
      return never;
    }
  }
}

function noteOfRefusal(refusal: Refusal, now: number): Note {
  if (refusal.code === 'holdClosed') return { state: refusal.state };
  // The intent was written, the wallet never saw it.
  if (refusal.code === 'holdNotFound') return { state: 'refused' };
  if (refusal.code === 'holdNotDue') return { lapseAt: Math.max(refusal.expiresAt, now + 1) };
  return { lapseAt: now + AGAIN_MILLISECONDS };
}

/** Lets go the holds whose time is over. Running it twice at once, or in two processes, does no harm: the wallet decides. */
export class LapseHolds {
  readonly background: Rounds;

  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly ledger: PointsLedger) {
    this.background = new Rounds({
      name: 'LapseHolds', clock: settings.clock, everyMs: EVERY_MS, round: (signal) => this.runOnce(settings.clock.now(), signal),
    });
  }

  /** Lapses all that is due at `now` (milliseconds; the clock's when left out), batch by batch; answers how many holds it looked at. */
  async runOnce(now: number = this.settings.clock.now(), signal?: AbortSignal): Promise<number> {
    let total = 0;
    for (;;) {
      const due: Due[] = await this.dataSource.query(DUE, [new Date(now), BATCH_MAX]);
      if (due.length > 0) await this.lapse(due, now);
      total += due.length;
      if (due.length < BATCH_MAX || signal?.aborted === true) return total;
    }
  }

  private async lapse(due: readonly Due[], now: number): Promise<void> {
    const outcomes = await this.ledger.handleMany(due.map(({ tenant, hold_id: holdId, member_id: memberId }) => ({
      wallet: this.settings.wallet(tenant, memberId),
      command: {
        type: 'LapseHold' as const, commandId: derivedId(tenant, 'lapse', holdId), causationId: holdId, occurredAt: now, holdId,
      },
    })));
    const notes = outcomes.map((outcome) => noteOf(outcome, now));
    await this.dataSource.query(NOTE, [
      due.map(({ tenant }) => tenant), due.map(({ hold_id: holdId }) => holdId),
      notes.map((note) => ('state' in note ? note.state : null)),
      notes.map((note) => ('lapseAt' in note ? new Date(note.lapseAt) : null)),
      new Date(this.settings.clock.now()),
    ]);
  }
}
