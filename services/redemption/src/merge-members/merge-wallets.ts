import { Logger } from '@nestjs/common';
import { Rounds } from '@trebol/chassis';
import type { Outcome, PointsCommand, PointsLedger, WalletContents } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { movedToOf, outcomeOf } from '../refusals.ts';
import type { Settings } from '../settings.ts';

/** Merges looked at together. */
const BATCH_MAX = 50;
/** Merges are woken by their message; this finds those of a process that died. */
const EVERY_MS = 5_000;
/** When a step that the wallet refused for now (the other is frozen) is tried again. */
const AGAIN_MILLISECONDS = 10 * 60_000;

type MergeState = 'started' | 'frozen' | 'movedOut' | 'movedIn' | 'done';

interface Merge {
  readonly tenant: string;
  readonly merge_id: string;
  readonly from_id: string;
  /** The wallet it goes into: that of another member when the one it was told of was merged before everything had arrived. */
  readonly into_id: string;
  /** Null: the currency. */
  readonly point_type: string | null;
  readonly state: MergeState;
  readonly round: number;
  readonly contents: string | null;
  /** When it came into its state: what the step out of it says, however often it is tried. */
  readonly changed_at: Date;
  /** Id of the message that began it. */
  readonly cause: string | null;
}

const COLUMNS = 'tenant, merge_id, from_id, into_id, point_type, state, round, contents, changed_at, cause';
const DUE = `SELECT ${COLUMNS} FROM redemption.merge WHERE state <> 'done' AND due_at <= $1 ORDER BY due_at LIMIT $2`;
const TURN = `UPDATE redemption.merge SET state = $4, contents = $5, refused = NULL, changed_at = $6, round = $7, into_id = $8
  WHERE tenant = $1 AND merge_id = $2 AND state = $3 RETURNING ${COLUMNS}`;
// The holds, all of the currency, that moved with their lots, and no other: whoever captures one finds it in the wallet that has it
// now. That may be another one than it came into, when a process died in between and that wallet was merged too.
const GONE_ON = "m.tenant = $1 AND m.from_id = h.member_id AND m.point_type IS NULL AND m.state IN ('movedIn', 'done')";
const TURN_IN = `WITH RECURSIVE heir AS (
  SELECT $8::text AS member_id
  UNION SELECT m.into_id FROM redemption.merge m JOIN heir h ON ${GONE_ON}
), last AS (
  SELECT h.member_id FROM heir h
  WHERE NOT EXISTS (SELECT 1 FROM redemption.merge m WHERE ${GONE_ON})
), holds AS (
  UPDATE redemption.hold SET member_id = last.member_id FROM last WHERE tenant = $1 AND hold.member_id = $9 AND hold_id = ANY($10)
)
${TURN}`;
const LATER = `UPDATE redemption.merge SET due_at = $4, refused = $5 WHERE tenant = $1 AND merge_id = $2 AND state = $3`;

/**
 * Moves everything from a wallet of a merged member into the other's of the same type: freeze, move out, move in, close. Each step may be done
 * again by anybody, because the wallets know a merge they have seen; the row only says where to go on.
 */
export class MergeWallets {
  readonly background: Rounds;
  private readonly log = new Logger('MergeWallets');

  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly ledger: PointsLedger) {
    this.background = new Rounds({ name: 'MergeWallets', clock: settings.clock, everyMs: EVERY_MS, round: () => this.runOnce() });
  }

  /** Does all that is due at `now` (milliseconds; the clock's when left out); answers how many merges it looked at. */
  async runOnce(now: number = this.settings.clock.now()): Promise<number> {
    let total = 0;
    for (;;) {
      const due: Merge[] = await this.dataSource.query(DUE, [new Date(now), BATCH_MAX]);
      for (const merge of due) await this.look(merge, now);
      total += due.length;
      if (due.length < BATCH_MAX) return total;
    }
  }

  private async look(from: Merge, now: number): Promise<void> {
    let merge: Merge | undefined = from;
    try {
      while (merge && merge.state !== 'done') merge = await this.step(merge, now);
    } catch (error) {
      this.log.warn(`the merge ${from.merge_id} is tried again later: ${String(error)}`);
      await this.later(merge ?? from, now, 'error');
    }
  }

  /** The merge after the step; undefined when it goes no further for now, or somebody else went on with it. */
  private async step(merge: Merge, now: number): Promise<Merge | undefined> {
    const { merge_id: mergeId, from_id: from, into_id: into } = merge;
    const header = headerOf(merge);
    const moving = merge.round === 1 ? mergeId : `${mergeId}.${merge.round}`;
    switch (merge.state) {
      case 'started': {
        const outcome = await this.command(merge, from, { type: 'FreezeWallet', ...header, freezeId: mergeId, mode: 'all', reason: 'merge' });
        return outcome.status === 'accepted' ? this.turn(merge, 'frozen') : this.stop(merge, outcome, now);
      }
      case 'frozen': {
        const outcome = await this.command(merge, from, { type: 'MoveLotsOut', ...header, mergeId: moving, to: into });
        return outcome.status === 'accepted' ? this.turn(merge, 'movedOut', outcome.effect.contents) : this.stop(merge, outcome, now);
      }
      case 'movedOut':
        return this.moveIn(merge, { ...header, mergeId: moving }, now);
      case 'movedIn': {
        const outcome = await this.command(merge, from, { type: 'CloseWallet', ...header, closeId: mergeId, movedTo: into });
        if (outcome.status === 'accepted') return this.turn(merge, 'done');
        // A transfer of this member came back meanwhile: that moves as well, under a name of its own.
        const more = outcome.status === 'refused' && outcome.refusal.code === 'walletNotEmpty';
        return more ? this.turn({ ...merge, round: merge.round + 1 }, 'frozen') : this.stop(merge, outcome, now);
      }
      case 'done':
        return undefined;
      default: {
        const never: never = merge.state;
        return never;
      }
    }
  }

  /** Where the other wallet was merged away meanwhile, and never had the contents, they go on to the one that took it over. */
  private async moveIn(merge: Merge, header: MovingHeader, now: number): Promise<Merge | undefined> {
    const contents = JSON.parse(merge.contents ?? 'null') as WalletContents;
    const moving = { type: 'MoveLotsIn', ...header, from: merge.from_id, contents } as const;
    let into = merge.into_id;
    let outcome = await this.command(merge, into, moving);
    for (let heir = movedToOf(outcome); heir !== undefined; heir = movedToOf(outcome)) {
      into = heir;
      outcome = await this.command(merge, into, moving);
    }
    if (outcome.status !== 'accepted') return this.stop(merge, outcome, now);
    const holdIds = contents.holds.map(({ holdId }) => holdId);
    return this.turned(TURN_IN, [...this.valuesOf({ ...merge, into_id: into }, 'movedIn'), merge.from_id, holdIds]);
  }

  private async turn(merge: Merge, to: MergeState, contents?: WalletContents): Promise<Merge | undefined> {
    return this.turned(TURN, this.valuesOf(merge, to, contents));
  }

  private valuesOf(merge: Merge, to: MergeState, contents?: WalletContents): readonly unknown[] {
    return [
      merge.tenant, merge.merge_id, merge.state, to, contents === undefined ? null : JSON.stringify(contents),
      new Date(this.settings.clock.now()), merge.round, merge.into_id,
    ];
  }

  private async turned(statement: string, values: readonly unknown[]): Promise<Merge | undefined> {
    const [rows]: [Merge[], number] = await this.dataSource.query(statement, [...values]);
    return rows[0];
  }

  private async stop(merge: Merge, outcome: Exclude<Outcome, { status: 'accepted' }>, now: number): Promise<undefined> {
    await this.later(merge, now, outcome.status === 'refused' ? outcome.refusal.code : 'unknownOutcome');
  }

  private async later({ tenant, merge_id: mergeId, state }: Merge, now: number, refused: string): Promise<void> {
    await this.dataSource.query(LATER, [tenant, mergeId, state, new Date(now + AGAIN_MILLISECONDS), refused]);
  }

  private async command({ tenant, point_type: type }: Merge, member: string, command: PointsCommand): Promise<Outcome> {
    return outcomeOf(this.ledger.handle(this.settings.wallet(tenant, member, type ?? undefined), command));
  }
}

interface MovingHeader {
  readonly commandId: string; readonly causationId: string | undefined; readonly occurredAt: number; readonly mergeId: string;
}

/** Every step says because of which message it is done, and when the merge came to it, however often it is tried. */
const headerOf = ({ merge_id: commandId, cause, changed_at: changedAt }: Merge) =>
  ({ commandId, causationId: cause ?? undefined, occurredAt: changedAt.getTime() });
