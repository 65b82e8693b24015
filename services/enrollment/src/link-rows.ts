import { Problem } from '@trebol/chassis';
import type { Change } from './change-member.ts';
import type { Identifier, IdentifierKind } from './identifiers.ts';
import type { PublicState } from './public-state.ts';
import { IDENTIFIERS_PER_MEMBER_MAX } from './request-fields.ts';

const INSERT = `INSERT INTO enrollment.identifier
  (tenant, token, kind, value, member_id, status, issued, created_at, created_by, changed_at, changed_by)
  SELECT $1, given.token, given.kind, given.value, $2, 'active', $3, $4, $5, $4, $5
  FROM unnest($6::text[], $7::text[], $8::text[]) AS given (token, kind, value)
  ON CONFLICT (tenant, token) DO NOTHING RETURNING token`;

/** What is linked, and whether we made it. */
export interface Linking { readonly identifiers: readonly Identifier[]; readonly issued: boolean }

/**
 * Links identifiers to the member under change and answers with the state that follows; what the member had already stays as it is.
 * Refusals: `identifierTaken` (another member's), `identifierBlocked` (this member's, blocked for good), `memberLimitReached`.
 */
export async function linkRows(change: Change, state: PublicState, { identifiers, issued }: Linking): Promise<PublicState> {
  if (identifiers.length === 0) return state;
  // In token order, so that two changes which want the same identifiers wait for each other in one direction only.
  const given = identifiers.toSorted((a, b) => (a.token < b.token ? -1 : 1));
  const inserted: { token: string }[] = await change.manager.query(INSERT, [
    change.tenant, change.memberId, issued, change.at, change.by,
    given.map(({ token }) => token), given.map(({ kind }) => kind), given.map(({ value }) => value),
  ]);
  if (inserted.length < given.length) await refuseOthers(change, given);
  const added = given.filter(({ token }) => inserted.some((row) => row.token === token));
  const all = [...state.identifiers, ...added.map(({ kind, token }) => ({ kind, token, status: 'active' as const }))];
  if (all.length > IDENTIFIERS_PER_MEMBER_MAX) {
    throw new Problem('memberLimitReached', { limit: 'identifiers', max: IDENTIFIERS_PER_MEMBER_MAX });
  }
  return { ...state, identifiers: all };
}

async function refuseOthers(change: Change, given: readonly Identifier[]): Promise<void> {
  const [wrong]: { kind: IdentifierKind; member_id: string }[] = await change.manager.query(
    `SELECT kind, member_id FROM enrollment.identifier
     WHERE tenant = $1 AND token = ANY($2) AND (member_id <> $3 OR status <> 'active') ORDER BY kind LIMIT 1`,
    [change.tenant, given.map(({ token }) => token), change.memberId]);
  if (wrong) throw new Problem(wrong.member_id === change.memberId ? 'identifierBlocked' : 'identifierTaken', { kind: wrong.kind });
}
