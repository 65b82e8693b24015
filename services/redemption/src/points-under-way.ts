import type { DataSource } from 'typeorm';

/** A transfer or a merge that is not at its end. */
export interface PointsUnderWay {
  readonly kind: 'transfer' | 'merge';
  readonly tenant: string;
  /** As the events in the wallets name it: a merge has a name of its own for each round. */
  readonly id: string;
  /** True when its row says that the points have left a wallet and have not arrived. */
  readonly left: boolean;
}

const UNDER_WAY = `SELECT 'transfer' AS kind, tenant, transfer_id AS id, state <> 'asked' AS left
  FROM redemption.transfer WHERE state IN ('asked', 'sent', 'accepting', 'returning')
UNION ALL
SELECT 'merge', tenant, CASE WHEN round = 1 THEN merge_id ELSE merge_id || '.' || round END, state = 'movedOut'
  FROM redemption.merge WHERE state <> 'done'`;

/**
 * All transfers and merges under way, in one reading: what may be between two wallets. Undefined in a database without the schema `redemption`.
 * What is found by it in the log later was either listed, or is complete, or younger than the call.
 */
export async function pointsUnderWay(dataSource: DataSource): Promise<readonly PointsUnderWay[] | undefined> {
  const [schema]: { there: boolean }[] = await dataSource.query("SELECT to_regclass('redemption.transfer') IS NOT NULL AS there");
  return schema?.there === true ? dataSource.query(UNDER_WAY) : undefined;
}
