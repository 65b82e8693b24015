import type { DuckDBConnection } from '@duckdb/node-api';
import type { FactPosition, MemberFact } from '../facts.ts';

const STAGE = `CREATE OR REPLACE TEMP TABLE stage_member (
  tenant VARCHAR, member_id VARCHAR, version INTEGER, status VARCHAR, merged_into VARCHAR)`;

/** Highest version of each member of the batch that is newer than what is kept. */
const NEWER = `CREATE OR REPLACE TEMP TABLE newer_member AS
WITH newest AS (
  SELECT tenant, member_id, max(version) AS version, arg_max(status, version) AS status,
    arg_max(coalesce(merged_into, ''), version) AS merged_into
  FROM stage_member GROUP BY tenant, member_id)
SELECT n.tenant, n.member_id, n.version, n.status, nullif(n.merged_into, '') AS merged_into
FROM newest n ANTI JOIN member m ON m.member_id = n.member_id AND m.tenant = n.tenant AND m.version >= n.version`;

/** Upserts members by version, inside the caller's transaction: an older or equal version changes nothing. */
export async function applyMembers(connection: DuckDBConnection, members: readonly MemberFact[]): Promise<void> {
  if (members.length === 0) return;
  await connection.run(STAGE);
  const appender = await connection.createAppender('stage_member', 'main', 'temp');
  for (const member of members) {
    appender.appendVarchar(member.tenant);
    appender.appendVarchar(member.memberId);
    appender.appendInteger(member.version);
    appender.appendVarchar(member.status);
    if (member.mergedInto === undefined) appender.appendNull();
    else appender.appendVarchar(member.mergedInto);
    appender.endRow();
  }
  appender.closeSync();
  await connection.run(NEWER);
  await connection.run('DELETE FROM member USING newer_member n WHERE member.member_id = n.member_id AND member.tenant = n.tenant');
  await connection.run('INSERT INTO member SELECT * FROM newer_member');
}

const ADVANCE = `UPDATE position SET last_offset = greatest(last_offset, $offset::BIGINT) WHERE topic = $topic AND part = $part`;

/** Records how far a partition has been read, in the same transaction as the effect. A redelivery never moves it back. */
export async function applyPosition(connection: DuckDBConnection, position: FactPosition): Promise<void> {
  const at = { topic: position.topic, part: position.partition, offset: position.offset };
  const known = await connection.run(ADVANCE, at);
  if (known.rowsChanged === 0) await connection.run('INSERT INTO position VALUES ($topic, $part::INTEGER, $offset::BIGINT)', at);
}
