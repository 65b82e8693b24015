import type { DataSource } from 'typeorm';

/** What a verify found. */
export interface VerifyFound {
  /** When it ended, in milliseconds of the world's time, in a sandbox too: whoever watches goes by it. */
  readonly endedAt: number;
  /** 1 when it found one: the first ends the run. */
  readonly differences: 0 | 1;
  /** Points too many (above 0) or too few (below) in the wallet that does not add up. */
  readonly unaccountedPoints: number;
  /** Points between two wallets. A difference ends the run before they are added up: null, and the last known figure stays. */
  readonly inTransitPoints: number | null;
}

/** Keeps what a verify found, so that the process that is watched can tell what another found. The newest run counts. */
export async function keepVerify(dataSource: DataSource, found: Omit<VerifyFound, 'endedAt'>): Promise<void> {
  await dataSource.query(
    `INSERT INTO ledger.last_verify (ended_at, differences, unaccounted_points, in_transit_points) VALUES (now(), $1, $2, $3)
     ON CONFLICT (one) DO UPDATE SET ended_at = excluded.ended_at, differences = excluded.differences,
       unaccounted_points = excluded.unaccounted_points, in_transit_points = coalesce(excluded.in_transit_points, last_verify.in_transit_points)`,
    [found.differences, found.unaccountedPoints, found.inTransitPoints]);
}

/** What the last verify found; undefined when there was none. */
export async function lastVerify(dataSource: DataSource): Promise<VerifyFound | undefined> {
  const [row] = await dataSource.query<Row[]>(
    'SELECT ended_at, differences, unaccounted_points, in_transit_points FROM ledger.last_verify');
  return row && {
    endedAt: row.ended_at.getTime(), differences: row.differences, unaccountedPoints: Number(row.unaccounted_points),
    inTransitPoints: row.in_transit_points === null ? null : Number(row.in_transit_points),
  };
}

interface Row {
  readonly ended_at: Date; readonly differences: 0 | 1; readonly unaccounted_points: string; readonly in_transit_points: string | null;
}
