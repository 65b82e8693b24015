import { calendarOf } from '@trebol/chassis';
import type { AllocationView, CancelRedemption, Outcome, PointsCommand, PointsLedger } from '@trebol/points';
import { accepted, movedToOf, outcomeOf, problemOf } from '../refusals.ts';
import type { Settings } from '../settings.ts';
import type { Cancellation, CancellationRows, RestorePlan } from './cancellation-rows.ts';

/** Points that come back can be spent for this many days at least, as in a wallet that was never merged (`ledger.md` §4.5). */
const RESTORED_DAYS_MIN = 30;
/**
 * Months that points of a lot which is used up are taken to have had when they were spent: as long as those of a purchase usually are. No
 * wallet says it any more, and a longer day hurts nobody.
 */
const SPENT_MONTHS_VALID = 12;

/** A redemption, or a captured hold, of a wallet that was merged away. */
export interface Spent {
  readonly kind: 'redemption' | 'hold';
  /** The member whose wallet spent the points. */
  readonly memberId: string;
  readonly points: number;
  /** When they were spent, in milliseconds. */
  readonly at: number;
}

/**
 * Gives back what was spent before a merge. The wallet that took over knows nothing of the redemption, so it gets the points as an
 * adjustment; how many there are to give, and to which day they were valid, the closed wallet still says, because it repeats its first
 * answers for ever. What was given back already is in the rows.
 */
export class CancelAfterMerge {
  constructor(private readonly settings: Settings, private readonly ledger: PointsLedger, private readonly rows: CancellationRows) {}

  /** Decides once what the other wallet is to get; the row says so from then on. Refusals: `cancelExceedsRedemption`, `walletClosed`. */
  async plan(asked: Cancellation, spent: Spent, refused: Extract<Outcome, { status: 'refused' }>): Promise<RestorePlan> {
    const { tenant, redemptionId } = asked;
    return this.rows.alone(tenant, redemptionId, async () => {
      const known = await this.settle(asked, spent);
      const own = known.find(({ cancellationId }) => cancellationId === asked.cancellationId);
      if (own?.plan && own.state !== 'refused') return own.plan;
      const allocations = await this.allocationsOf(asked, spent, refused);
      const total = allocations.reduce((sum, { points }) => sum + points, 0);
      const others = known.filter(({ cancellationId, state }) => cancellationId !== asked.cancellationId && state !== 'refused');
      const cancellable = total - others.reduce((sum, { restored }) => sum + restored, 0);
      const points = asked.points ?? cancellable;
      if (points > cancellable || cancellable === 0) {
        throw problemOf({ code: 'cancelExceedsRedemption', cancellable, requested: asked.points ?? total }, refused.revision);
      }
      const memberId = movedToOf(refused) ?? spent.memberId;
      const lots = lastTaken(allocations, { left: cancellable, points });
      const plan: RestorePlan = { memberId, points, createdAt: asked.createdAt, ...await this.lastDay(asked, spent, { memberId, lots }) };
      await this.rows.plan(asked, plan);
      return plan;
    });
  }

  /** Carries the plan out, in the wallet it names or in the one that took that one over since: what is closed never did it and never will. */
  async restore(asked: Cancellation, first: RestorePlan): Promise<{ readonly plan: RestorePlan; readonly outcome: Outcome }> {
    let plan = first;
    let outcome = await this.restoring(asked, plan);
    for (let heir = movedToOf(outcome); heir !== undefined; heir = movedToOf(outcome)) {
      plan = { ...plan, memberId: heir };
      await this.rows.plan(asked, plan);
      outcome = await this.restoring(asked, plan);
    }
    return { plan, outcome };
  }

  /** The command that gives the points to the other wallet: always the same one. */
  private restoring({ tenant, cancellationId, redemptionId, createdBy }: Cancellation, plan: RestorePlan): Promise<Outcome> {
    const { points, createdAt, expiresAt, validThrough, memberId } = plan;
    return this.command(tenant, memberId, {
      type: 'AdjustPoints', commandId: cancellationId, occurredAt: createdAt, source: { kind: 'cancellation', key: cancellationId },
      points, reasonCode: 'redemptionCancelled', by: createdBy, note: redemptionId, lot: { availableFrom: createdAt, expiresAt, validThrough },
    });
  }

  /** Cancellations whose outcome nobody noted: the closed wallet did them, or will never do them. */
  private async settle(asked: Cancellation, { memberId }: Spent): Promise<readonly Cancellation[]> {
    const { tenant, redemptionId } = asked;
    for (const row of await this.rows.all(tenant, redemptionId)) {
      if (row.state !== 'asked' || row.cancellationId === asked.cancellationId) continue;
      const outcome = await this.command(tenant, memberId, cancelCommand(row));
      if (outcome.status === 'unknown') accepted(outcome);
      const done = outcome.status === 'accepted';
      const restored = outcome.status === 'accepted' ? outcome.effect.restored : 0;
      await this.rows.note(row, { state: done ? 'done' : 'refused', restored, at: this.settings.clock.now() });
    }
    return this.rows.all(tenant, redemptionId);
  }

  /** What the redemption took from which lots: the closed wallet's first answer. One it has forgotten cannot be cancelled. */
  private async allocationsOf(
    { tenant, redemptionId }: Cancellation, spent: Spent, refused: Extract<Outcome, { status: 'refused' }>,
  ): Promise<readonly AllocationView[]> {
    // As old as it is: the closed wallet may have closed its books since.
    const header = { commandId: redemptionId, occurredAt: spent.at };
    const capture = { type: 'CaptureHold', ...header, holdId: redemptionId } as const;
    let outcome = await this.command(tenant, spent.memberId, spent.kind === 'redemption'
      ? { type: 'RedeemPoints', ...header, redemptionId, points: spent.points } : capture);
    // Less was captured than was held: the wallet says how much.
    const captured = outcome.status === 'refused' && outcome.refusal.code === 'holdClosed' ? outcome.refusal.captured : undefined;
    if (captured !== undefined) outcome = await this.command(tenant, spent.memberId, { ...capture, points: captured });
    if (outcome.status === 'unknown') accepted(outcome);
    if (outcome.status !== 'accepted') throw problemOf(refused.refusal, refused.revision);
    return outcome.effect.allocations;
  }

  /** The latest last day of the lots that are given back, and not before the days that everybody gets. */
  private async lastDay(
    { tenant, createdAt }: Cancellation, { at }: Spent, back: { readonly memberId: string; readonly lots: readonly string[] },
  ): Promise<Pick<RestorePlan, 'expiresAt' | 'validThrough'>> {
    const calendar = calendarOf(this.settings.zone);
    const { lots } = await this.ledger.wallet(this.settings.wallet(tenant, back.memberId));
    const days = back.lots.map((lotId) => {
      const lot = lots.find((candidate) => candidate.lotId === lotId);
      return lot ? lot.validThrough : calendar.addMonths(calendar.dayOf(at), SPENT_MONTHS_VALID);
    });
    if (days.includes(null)) return { expiresAt: null, validThrough: null };
    const atLeast = calendar.addDays(calendar.dayOf(createdAt), RESTORED_DAYS_MIN);
    const validThrough = days.reduce<string>((latest, day) => (day !== null && day > latest ? day : latest), atLeast);
    return { expiresAt: calendar.endOfDay(validThrough), validThrough };
  }

  private command(tenant: string, member: string, command: PointsCommand): Promise<Outcome> {
    return outcomeOf(this.ledger.handle(this.settings.wallet(tenant, member), command));
  }
}

/** The wallet's own way of giving back. */
export const cancelCommand = ({ redemptionId, cancellationId, points, createdAt }: Cancellation): CancelRedemption => ({
  type: 'CancelRedemption', commandId: cancellationId, occurredAt: createdAt, redemptionId, cancellationId, points,
});

/** Lots that the next points come back to: the last one taken from comes first, as in a wallet of its own. `left` are not given back yet. */
function lastTaken(allocations: readonly AllocationView[], back: { readonly left: number; readonly points: number }): readonly string[] {
  const lots: string[] = [];
  let before = 0;
  for (const { lotId, points } of allocations) {
    if (before < back.left && before + points > back.left - back.points) lots.push(lotId);
    before += points;
  }
  return lots;
}
