import { binaryArray } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import { type RuleBook, type RuleVersion, slidingPoliciesOf } from '../rule-set.ts';
import { rowsOfPrepared } from '../transaction.ts';

/** Day of the newest purchase by member; empty where no version in force asks for it. */
export type LastActive = ReadonlyMap<string, string>;

/** A purchase of a known member. `occurredAt` in milliseconds. */
export interface Activity { readonly memberId: string; readonly businessDay: string; readonly occurredAt: number }

const NOTE = {
  name: 'earning.note-activity',
  text: `
    UPDATE earning.member m SET last_active = greatest(m.last_active, n.day)
    FROM unnest($2::text[], $3::date[]) AS n(member_id, day) WHERE m.tenant = $1 AND m.member_id = n.member_id
    RETURNING m.member_id, m.last_active::text AS day`,
};

/**
 * Notes purchases and answers each member's newest, over all batches: a late ticket then gives its points the last day that a newer
 * purchase has given the others, whatever the order they came in. One statement a batch, none where expiry is not by inactivity.
 */
export async function noteActivity(
  client: ClientBase, tenant: string, { activities, book, isTooOld }: {
    readonly activities: readonly Activity[]; readonly book: RuleBook;
    /** A purchase that is not accepted any more is no activity either. */
    readonly isTooOld: (businessDay: string, rules: RuleVersion) => boolean;
  },
): Promise<LastActive> {
  const newest = new Map<string, string>();
  for (const { memberId, businessDay, occurredAt } of activities) {
    const rules = book.inForceAt(occurredAt);
    if (slidingPoliciesOf(rules).length === 0 || isTooOld(businessDay, rules)) continue;
    if ((newest.get(memberId) ?? '') < businessDay) newest.set(memberId, businessDay);
  }
  if (newest.size === 0) return newest;
  const members = [...newest.keys()].sort(); // in order, so that two batches wait for each other in one direction only
  const rows = await rowsOfPrepared<{ member_id: string; day: string }>(client, NOTE, [
    tenant, binaryArray('text', members), binaryArray('date', members.map((member) => newest.get(member))),
  ]);
  return new Map(rows.map((row) => [row.member_id, row.day]));
}
