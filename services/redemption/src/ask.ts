import { Problem } from '@trebol/chassis';
import './problems.ts';

/** What was asked for and written down before the wallet is touched. */
export interface Asked {
  readonly member_id: string;
  readonly points: string;
  /** When it was first asked for, refused or not: the same in every repetition. */
  readonly created_at: Date;
}

/** Answer of an intent statement: the member's status (null: not known) and the intent's row (null: not written). */
export type AskedRow<Row extends Asked> = { readonly status: string | null } & { readonly [Key in keyof Row]: Row[Key] | null };

/**
 * When what was asked for happens, in milliseconds: as the row says, not when the request came again. A wallet whose books were closed since
 * looks into its closed periods only for what happened before they were closed, so a repetition that said "now" would be done once more.
 */
export const askedAt = ({ created_at: at }: Pick<Asked, 'created_at'>): number => at.getTime();

/**
 * The intent's row, new or from an earlier run of the same request. Refusals: `memberNotFound`, `memberBlocked`,
 * `idempotencyConflict` (the key was used for something else, longer ago than answers are remembered).
 */
export function askedOrRefused<Row extends Asked>(found: AskedRow<Row> | undefined, wanted: { memberId: string; points: number }): Row {
  if (!found || (found.status === null && found.member_id === null)) throw new Problem('memberNotFound');
  if (found.member_id === null) throw new Problem('memberBlocked', { memberStatus: found.status });
  if (found.member_id !== wanted.memberId || Number(found.points) !== wanted.points) throw new Problem('idempotencyConflict');
  return found as unknown as Row;
}
