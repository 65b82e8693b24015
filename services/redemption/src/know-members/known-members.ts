import { defaultProgramme, otherTypesOf, type Programme } from '@trebol/chassis';
import { type MemberChanged, memberChanged } from '@trebol/contracts';
import { type Arrivals, type MessageBatch, type MessageFailure, decodeMessages } from '@trebol/messaging';
import { CAUSATION_CHARACTERS_MAX } from '@trebol/points';
import type { DataSource } from 'typeorm';

interface Told { readonly tenant: string; readonly state: MemberChanged; readonly time: number; readonly messageId: string }

// An older version changes nothing: neither the member's row nor, through `newer`, its identifiers. The deleted and the written
// tokens have nothing in common, so one statement may do both. A merge begins here, once, under the id that enrollment gave it: the
// member's own with another prefix, because a member is merged once; each wallet of the member moves by itself. What was sent to a member
// who is gone goes back.
const APPLY = `WITH told AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::timestamptz[], $10::text[], $11::text[])
    AS t (tenant, member_id, status, version, at, merged_into, cause)
), tokens AS (
  SELECT * FROM unnest($6::text[], $7::text[], $8::text[], $9::text[]) AS t (tenant, member_id, token, status)
), newer AS (
  INSERT INTO redemption.member AS m (tenant, member_id, status, version, changed_at)
  SELECT tenant, member_id, status, version, at FROM told ORDER BY tenant, member_id
  ON CONFLICT (tenant, member_id) DO UPDATE SET status = excluded.status, version = excluded.version, changed_at = excluded.changed_at
  WHERE m.version < excluded.version
  RETURNING tenant, member_id
), gone AS (
  DELETE FROM redemption.member_identifier i USING newer n
  WHERE i.tenant = n.tenant AND i.member_id = n.member_id
    AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.tenant = i.tenant AND t.member_id = i.member_id AND t.token = i.token)
), kept AS (
  INSERT INTO redemption.member_identifier (tenant, token, member_id, status)
  SELECT DISTINCT ON (t.tenant, t.token, t.member_id) t.tenant, t.token, t.member_id, t.status
  FROM tokens t JOIN newer n USING (tenant, member_id)
  ON CONFLICT (tenant, token, member_id) DO UPDATE SET status = excluded.status
), merging AS (
  INSERT INTO redemption.merge (tenant, merge_id, from_id, into_id, point_type, state, due_at, created_at, changed_at, cause)
  SELECT tenant, concat_ws('.', 'mrg_' || substr(member_id, 5), type), member_id, merged_into, type, 'started', at, at, at, cause
  FROM told CROSS JOIN unnest($12::text[]) AS type
  WHERE status = 'merged' AND merged_into IS NOT NULL
  ON CONFLICT (tenant, merge_id) DO NOTHING RETURNING merge_id
), sent_back AS (
  UPDATE redemption.transfer t SET state = 'returning', reason = 'recipientClosed', due_at = told.at, changed_at = told.at,
    changed_by = 'know-members'
  FROM told
  WHERE t.tenant = told.tenant AND t.recipient_id = told.member_id AND t.state = 'sent' AND told.status IN ('merged', 'erased')
  RETURNING t.transfer_id
)
SELECT (SELECT count(*) FROM merging)::int AS merging, (SELECT count(*) FROM sent_back)::int AS sent_back`;

/** What is around the members: who waits for news of them, and the programme, whose types each have a wallet of a member. */
interface Around {
  /** Told when a merge or the return of a transfer waits to be done. */
  readonly begun?: () => void;
  /** Told of members and identifiers. */
  readonly registrations?: Arrivals;
  readonly programme?: Programme;
}

/** Keeps the little that spending must know of members, from `trebol.member.changed.v1`. */
export class KnownMembers {
  constructor(private readonly dataSource: DataSource, private readonly around: Around = {}) {}

  /**
   * Applies a batch in one statement; a message that came before, or an older one, changes nothing.
   * A message that cannot be read is returned as a failure; the others are applied.
   */
  async apply(batch: MessageBatch): Promise<readonly MessageFailure[]> {
    const { decoded, failures } = decodeMessages(batch, memberChanged);
    const newest = new Map<string, Told>();
    for (const { message, value: state } of decoded) {
      const key = `${message.tenant}\n${state.memberId}`;
      const known = newest.get(key);
      if (!known || known.state.version < state.version) {
        newest.set(key, { tenant: message.tenant, state, time: message.time, messageId: message.id });
      }
    }
    if (newest.size > 0) await this.write([...newest.values()]);
    return failures;
  }

  private async write(told: readonly Told[]): Promise<void> {
    const tokens = told.flatMap(({ tenant, state }) =>
      state.identifiers.map(({ token, status }) => ({ tenant, member: state.memberId, token, status })));
    const [begun]: { merging: number; sent_back: number }[] = await this.dataSource.query(APPLY, [
      told.map(({ tenant }) => tenant), told.map(({ state }) => state.memberId), told.map(({ state }) => state.status),
      told.map(({ state }) => state.version), told.map(({ time }) => new Date(time)),
      tokens.map(({ tenant }) => tenant), tokens.map(({ member }) => member),
      tokens.map(({ token }) => token), tokens.map(({ status }) => status),
      told.map(({ state }) => state.mergedInto ?? null),
      told.map(({ messageId }) => messageId.slice(0, CAUSATION_CHARACTERS_MAX)),
      [null, ...otherTypesOf(this.around.programme ?? defaultProgramme).map(({ id }) => id)],
    ]);
    if (begun && begun.merging + begun.sent_back > 0) this.around.begun?.();
    for (const { tenant, state } of told) this.around.registrations?.arrived(tenant, [state.memberId, ...state.identifiers.map(({ token }) => token)]);
  }
}
