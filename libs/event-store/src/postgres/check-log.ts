import pg from 'pg';

import type { LogDifference } from '../port.ts';
import { quotedSchema } from './migrate.ts';

/** Differences told unless said otherwise: the first ones name the cause, the rest follow from it. */
const DIFFERENCES_MAX_DEFAULT = 20;

export interface CheckLogOptions {
  readonly url: string;
  /** Default `event_store`. */
  readonly schema?: string;
  readonly differencesMax?: number;
}

interface Check {
  readonly kind: LogDifference['kind'];
  /** Answers place, expected and found as text, the first differences first; `$1` is how many. */
  readonly sql: string;
}

/**
 * Walks the whole log and says where it is not as appends leave it: positions 1..n in each partition, in segments without a gap, and their head, revisions 1..n
 * in each stream and its row, ticks that grow in a partition and grow along a stream. Empty when all is well. Reads one
 * snapshot, so appends may go on meanwhile. It sorts all events by stream and by position: for a nightly check, not for a request.
 */
export async function checkLog(options: CheckLogOptions): Promise<LogDifference[]> {
  const { url, schema = 'event_store', differencesMax = DIFFERENCES_MAX_DEFAULT } = options;
  const quoted = quotedSchema(schema);
  const client = new pg.Client({ connectionString: url, application_name: 'trebol check log' });
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const differences: LogDifference[] = [];
    for (const { kind, sql } of CHECKS) {
      const { rows } = await client.query<Omit<LogDifference, 'kind'>>(sql.replaceAll(/\bS\./g, `${quoted}.`), [differencesMax - differences.length]);
      differences.push(...rows.map((row) => ({ kind, ...row })));
    }
    return differences;
  } finally {
    await client.end();
  }
}

const CHECKS: readonly Check[] = [
  { kind: 'position', sql: `
    SELECT format('partition %s', partition) AS place, format('position %s', before + 1) AS expected, format('position %s', position) AS found
    FROM (SELECT partition, position, lag(position, 1, 0::bigint) OVER (PARTITION BY partition ORDER BY position) AS before FROM S.event) AS e
    WHERE position <> before + 1 ORDER BY partition, position LIMIT $1` },
  { kind: 'head', sql: `
    SELECT format('partition %s', coalesce(h.partition, e.partition)) AS place,
      format('head at %s, tick %s', coalesce(e.position, 0), coalesce(e.tick, 0)) AS expected,
      CASE WHEN h.partition IS NULL THEN 'no head' ELSE format('head at %s, tick %s', h.position, h.tick) END AS found
    FROM S.log_head AS h
    FULL JOIN (
      SELECT * FROM (SELECT partition, max(position) AS position FROM S.event GROUP BY partition) AS last
      LEFT JOIN (SELECT partition, max(tick) AS tick FROM S.segment GROUP BY partition) AS newest USING (partition)
    ) AS e USING (partition)
    WHERE h.position IS DISTINCT FROM coalesce(e.position, 0) OR h.tick IS DISTINCT FROM coalesce(e.tick, 0)
    ORDER BY 1 LIMIT $1` },
  { kind: 'segment', sql: `
    SELECT format('partition %s', g.partition) AS place, format('a segment from position %s on', g.before + 1) AS expected,
      format('positions %s to %s', g.first_position, g.last_position) AS found
    FROM (
      SELECT partition, first_position, last_position, lag(last_position, 1, 0::bigint) OVER w AS before FROM S.segment
      WINDOW w AS (PARTITION BY partition ORDER BY first_position)
      UNION ALL SELECT h.partition, h.position + 1, h.position + 1, coalesce((SELECT max(last_position) FROM S.segment AS s WHERE s.partition = h.partition), 0)
      FROM S.log_head AS h
    ) AS g
    WHERE g.first_position <> g.before + 1 OR g.last_position < g.first_position ORDER BY g.partition, g.first_position LIMIT $1` },
  { kind: 'laneTick', sql: `
    SELECT format('partition %s', partition) AS place, format('position %s with a tick above %s', first_position, before) AS expected, format('tick %s', tick) AS found
    FROM (SELECT partition, first_position, tick, lag(tick, 1, 0::bigint) OVER (PARTITION BY partition ORDER BY first_position) AS before FROM S.segment) AS g
    WHERE tick <= before ORDER BY partition, first_position LIMIT $1` },
  { kind: 'revision', sql: `
    SELECT coalesce(s.name, format('no stream of id %s', e.stream_id)) AS place, format('revision %s', before + 1) AS expected, format('revision %s', e.revision) AS found
    FROM (SELECT stream_id, revision, lag(revision, 1, 0) OVER (PARTITION BY stream_id ORDER BY revision) AS before FROM S.event) AS e
    LEFT JOIN S.stream AS s ON s.id = e.stream_id
    WHERE e.revision <> before + 1 ORDER BY 1, e.revision LIMIT $1` },
  { kind: 'streamTick', sql: `
    SELECT coalesce(s.name, format('no stream of id %s', e.stream_id)) AS place,
      format('revision %s after tick %s of partition %s', e.revision, e.tick_before, e.partition_before) AS expected,
      format('tick %s of partition %s', e.tick, e.partition) AS found
    FROM (
      SELECT stream_id, revision, tick, partition, position, lag(tick) OVER w AS tick_before, lag(partition) OVER w AS partition_before,
        lag(position) OVER w AS position_before
      FROM S.event AS e CROSS JOIN LATERAL (
        SELECT g.tick FROM S.segment AS g WHERE g.partition = e.partition AND g.first_position <= e.position ORDER BY g.first_position DESC LIMIT 1
      ) AS segment
      WINDOW w AS (PARTITION BY stream_id ORDER BY revision)
    ) AS e LEFT JOIN S.stream AS s ON s.id = e.stream_id
    WHERE tick < tick_before OR (tick = tick_before AND (partition, position - 1) IS DISTINCT FROM (partition_before, position_before))
    ORDER BY 1, e.revision LIMIT $1` },
  { kind: 'streamRow', sql: `
    SELECT coalesce(s.name, format('no stream of id %s', e.stream_id)) AS place,
      format('revision %s and a snapshot at or before it', coalesce(e.revision, 0)) AS expected,
      CASE WHEN s.id IS NULL THEN 'no row' ELSE format('revision %s, snapshot at %s', s.revision, s.snapshot_revision) END AS found
    FROM S.stream AS s
    FULL JOIN (SELECT stream_id, max(revision) AS revision FROM S.event GROUP BY stream_id) AS e ON e.stream_id = s.id
    WHERE s.revision IS DISTINCT FROM coalesce(e.revision, 0) OR s.snapshot_revision > s.revision
    ORDER BY 1 LIMIT $1` },
];
