import type { DataSource } from 'typeorm';

/** The redemption (or captured hold) that is given back, and the request that does it. `points`: null for all that is left. */
export interface CancellationKey {
  readonly tenant: string;
  readonly redemptionId: string;
  readonly cancellationId: string;
}

/** What a wallet that took over in a merge is to get. Instants in milliseconds. */
export interface RestorePlan {
  readonly memberId: string;
  readonly points: number;
  readonly expiresAt: number | null;
  readonly validThrough: string | null;
  /** When the cancellation was asked for: the points may be spent from then on. */
  readonly createdAt: number;
}

export interface Cancellation extends CancellationKey {
  readonly points: number | undefined;
  readonly state: 'asked' | 'planned' | 'done' | 'refused';
  readonly restored: number;
  readonly createdAt: number;
  readonly createdBy: string;
  /** Only where the wallet was merged away. */
  readonly plan: RestorePlan | undefined;
}

interface Row {
  tenant: string; redemption_id: string; cancellation_id: string; points: string | null; state: Cancellation['state']; restored: string;
  member_id: string | null; expires_at: Date | null; valid_through: string | null; created_at: Date; created_by: string;
}

const COLUMNS = `tenant, redemption_id, cancellation_id, points, state, restored, member_id, expires_at, valid_through,
  created_at, created_by`;
const KEY = 'tenant = $1 AND redemption_id = $2 AND cancellation_id = $3';

/** Cancellations as asked for and as done. */
export class CancellationRows {
  constructor(private readonly dataSource: DataSource) {}

  /** Writes the intent, or answers the row of an earlier run of the same request. */
  async ask(
    key: CancellationKey, asked: { readonly points: number | undefined; readonly by: string; readonly at: number },
  ): Promise<Cancellation> {
    const rows: Row[] = await this.dataSource.query(`
      INSERT INTO redemption.cancellation AS c (tenant, redemption_id, cancellation_id, points, state, created_at, created_by, changed_at)
      VALUES ($1, $2, $3, $4, 'asked', $5, $6, $5)
      ON CONFLICT (tenant, redemption_id, cancellation_id) DO UPDATE SET state = CASE WHEN c.state = 'refused' THEN 'asked' ELSE c.state END
      RETURNING ${COLUMNS}`, [...valuesOf(key), asked.points ?? null, new Date(asked.at), asked.by]);
    const [row] = rows.map(cancellationOf);
    if (!row) throw new Error('the intent of a cancellation was not written');
    return row;
  }

  /** All of one redemption. */
  async all(tenant: string, redemptionId: string): Promise<readonly Cancellation[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM redemption.cancellation WHERE tenant = $1 AND redemption_id = $2`, [tenant, redemptionId]);
    return rows.map(cancellationOf);
  }

  async note(key: CancellationKey, to: { readonly state: 'done' | 'refused'; readonly restored: number; readonly at: number }): Promise<void> {
    await this.dataSource.query(`UPDATE redemption.cancellation SET state = $4, restored = $5, changed_at = $6 WHERE ${KEY}`,
      [...valuesOf(key), to.state, to.restored, new Date(to.at)]);
  }

  async plan(key: CancellationKey, plan: RestorePlan): Promise<void> {
    const { points, memberId, expiresAt, validThrough } = plan;
    await this.dataSource.query(`
      UPDATE redemption.cancellation SET state = 'planned', restored = $4, member_id = $5, expires_at = $6, valid_through = $7 WHERE ${KEY}`,
    [...valuesOf(key), points, memberId, expiresAt === null ? null : new Date(expiresAt), validThrough]);
  }

  /** Runs work while nobody else plans for this redemption, over all processes. */
  async alone<Result>(tenant: string, redemptionId: string, work: () => Promise<Result>): Promise<Result> {
    const runner = this.dataSource.createQueryRunner();
    const name = [`redemption.cancellation/${tenant}/${redemptionId}`];
    try {
      await runner.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', name);
      try {
        return await work();
      } finally {
        await runner.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', name);
      }
    } finally {
      await runner.release();
    }
  }
}

const valuesOf = ({ tenant, redemptionId, cancellationId }: CancellationKey): readonly [string, string, string] =>
  [tenant, redemptionId, cancellationId];

function cancellationOf(row: Row): Cancellation {
  const [restored, createdAt] = [Number(row.restored), row.created_at.getTime()];
  return {
    tenant: row.tenant, redemptionId: row.redemption_id, cancellationId: row.cancellation_id,
    points: row.points === null ? undefined : Number(row.points), state: row.state, restored, createdAt, createdBy: row.created_by,
    plan: row.member_id === null ? undefined : {
      memberId: row.member_id, points: restored, expiresAt: row.expires_at?.getTime() ?? null, validThrough: row.valid_through, createdAt,
    },
  };
}
