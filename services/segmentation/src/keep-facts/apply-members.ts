import { type DuckDBConnection, INTEGER, VARCHAR } from '@duckdb/node-api';
import type { FactPosition, MemberFact } from '../facts.ts';
import { Stage } from './stage.ts';

const MEMBERS = new Stage<MemberFact>('stage_member', [
  { name: 'tenant', type: VARCHAR, of: ({ tenant }) => tenant },
  { name: 'member_id', type: VARCHAR, of: ({ memberId }) => memberId },
  { name: 'version', type: INTEGER, of: ({ version }) => version },
  { name: 'status', type: VARCHAR, of: ({ status }) => status },
  { name: 'merged_into', type: VARCHAR, of: ({ mergedInto }) => mergedInto ?? null },
]);

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
  await MEMBERS.fill(connection, members);
  await connection.run(NEWER);
  await connection.run('DELETE FROM member USING newer_member n WHERE member.member_id = n.member_id AND member.tenant = n.tenant');
  await connection.run('INSERT INTO member SELECT * FROM newer_member');
}

/**
 * Records how far partitions have been read, in the same transaction as the effect. A redelivery never moves a partition back. One row is
 * a few bytes and DuckDB's cost is by statement, so all are written with two.
 */
export async function applyPositions(connection: DuckDBConnection, positions: readonly FactPosition[]): Promise<void> {
  const furthest = new Map<string, FactPosition>();
  for (const position of positions) {
    const name = `${position.topic}\n${position.partition}`;
    const before = furthest.get(name);
    if (!before || before.offset < position.offset) furthest.set(name, position);
  }
  if (furthest.size === 0) return;
  const all = [...furthest.values()];
  const texts = (pick: (position: FactPosition) => unknown): string => all.map(pick).join('\n');
  const given = `(SELECT unnest(string_split($topics, '\n')) AS topic, unnest(string_split($parts, '\n'))::INTEGER AS part,
    unnest(string_split($offsets, '\n'))::BIGINT AS last_offset)`;
  const values = { topics: texts(({ topic }) => topic), parts: texts(({ partition }) => partition), offsets: texts(({ offset }) => offset) };
  const moved = await connection.run(`UPDATE position SET last_offset = greatest(position.last_offset, g.last_offset) FROM ${given} g
    WHERE position.topic = g.topic AND position.part = g.part`, values);
  if (moved.rowsChanged === all.length) return;
  await connection.run(`INSERT INTO position SELECT g.* FROM ${given} g ANTI JOIN position p ON p.topic = g.topic AND p.part = g.part`, values);
}
