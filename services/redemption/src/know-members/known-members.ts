import { type MemberChanged, memberChanged } from '@trebol/contracts';
import { type MessageBatch, type MessageFailure, decodeMessages } from '@trebol/messaging';
import type { DataSource } from 'typeorm';

interface Told { readonly tenant: string; readonly state: MemberChanged; readonly time: number }

// An older version changes nothing: neither the member's row nor, through `newer`, its identifiers. The deleted and the written
// tokens have nothing in common, so one statement may do both.
const APPLY = `WITH told AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::timestamptz[]) AS t (tenant, member_id, status, version, at)
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
)
SELECT count(*)::int AS applied FROM newer`;

/** Keeps the little that spending must know of members, from `trebol.member.changed.v1`. */
export class KnownMembers {
  constructor(private readonly dataSource: DataSource) {}

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
      if (!known || known.state.version < state.version) newest.set(key, { tenant: message.tenant, state, time: message.time });
    }
    if (newest.size > 0) await this.write([...newest.values()]);
    return failures;
  }

  private async write(told: readonly Told[]): Promise<void> {
    const tokens = told.flatMap(({ tenant, state }) =>
      state.identifiers.map(({ token, status }) => ({ tenant, member: state.memberId, token, status })));
    await this.dataSource.query(APPLY, [
      told.map(({ tenant }) => tenant), told.map(({ state }) => state.memberId), told.map(({ state }) => state.status),
      told.map(({ state }) => state.version), told.map(({ time }) => new Date(time)),
      tokens.map(({ tenant }) => tenant), tokens.map(({ member }) => member),
      tokens.map(({ token }) => token), tokens.map(({ status }) => status),
    ]);
  }
}
