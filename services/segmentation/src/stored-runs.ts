import type { DataSource, QueryRunner } from 'typeorm';
import type { ScoredMember, StoredRun } from './run-record.ts';
import { MemberScoreTable, RunTable } from './tables.ts';

/** Writes the customers of a run inside the transaction that stores it. */
export type MemberWriter = (members: readonly ScoredMember[]) => Promise<void>;

const UNIQUE_VIOLATION = '23505';

const INSERT_SCORES = `INSERT INTO segmentation.member_score
  (tenant, run_id, member_id, r, f, m, group_id, recency_days, orders, amount_minor, last_purchase_day)
SELECT $1, $2, * FROM unnest($3::text[], $4::int2[], $5::int2[], $6::int2[], $7::text[], $8::int4[], $9::int4[], $10::int8[], $11::date[])`;

/** Runs and their scores in PostgreSQL. A stored run never changes. */
export class StoredRuns {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /**
   * Stores what `work` writes and the record it answers, in one transaction. When the same run was stored meanwhile, that one is
   * answered and nothing is written. A throw of `work` stores nothing.
   */
  async store(tenant: string, runId: string, work: (write: MemberWriter) => Promise<StoredRun>): Promise<StoredRun> {
    const runner = this.#dataSource.createQueryRunner();
    await runner.startTransaction();
    try {
      const record = await work((members) => insertScores(runner, { tenant, runId }, members));
      await runner.manager.insert(RunTable, { tenant, runId, mapId: record.inputs.map.id, createdAt: new Date(record.createdAt), record });
      await runner.commitTransaction();
      return record;
    } catch (error) {
      await runner.rollbackTransaction();
      const stored = isUniqueViolation(error) ? await this.find(tenant, runId) : undefined;
      if (stored) return stored;
      throw error;
    } finally {
      await runner.release();
    }
  }

  async find(tenant: string, runId: string): Promise<StoredRun | undefined> {
    return (await this.#dataSource.getRepository(RunTable).findOneBy({ tenant, runId }))?.record;
  }

  /** The latest run of each map, in order of map. */
  async latest(tenant: string): Promise<readonly StoredRun[]> {
    const rows: { record: StoredRun }[] = await this.#dataSource.query(
      'SELECT DISTINCT ON (map_id) record FROM segmentation.run WHERE tenant = $1 ORDER BY map_id, sequence DESC', [tenant]);
    return rows.map((row) => row.record);
  }

  /** The latest run with a segment `<map>:<group>`, and the group. */
  async latestOf(tenant: string, segmentId: string): Promise<{ run: StoredRun; group: StoredRun['groups'][number] } | undefined> {
    const [mapId = ''] = segmentId.split(':');
    const row = await this.#dataSource.getRepository(RunTable).findOne({ where: { tenant, mapId }, order: { sequence: 'DESC' } });
    const group = row?.record.groups.find((each) => each.segmentId === segmentId);
    return row && group ? { run: row.record, group } : undefined;
  }

  /** Members of a group in order of id, after the given one. */
  async members(
    tenant: string, of: { runId: string; group: string }, page: { after: string; limit: number },
  ): Promise<readonly ScoredMember[]> {
    const where = 'score.tenant = :tenant AND score.runId = :runId AND score.groupId = :group AND score.memberId > :after';
    const rows = await this.#dataSource.getRepository(MemberScoreTable).createQueryBuilder('score')
      .where(where, { tenant, ...of, after: page.after })
      .orderBy('score.memberId').limit(page.limit).getMany();
    return rows.map((row) => ({
      memberId: row.memberId, r: row.r, f: row.f, m: row.m, group: row.groupId, recencyDays: row.recencyDays, orders: row.orders,
      amountMinor: Number(row.amountMinor), lastPurchaseDay: row.lastPurchaseDay,
    }));
  }
}

/** One statement per hand-over: a query per row would take a minute for what this does in a second. */
async function insertScores(
  runner: QueryRunner, run: { tenant: string; runId: string }, members: readonly ScoredMember[],
): Promise<void> {
  const column = <Key extends keyof ScoredMember>(key: Key): ScoredMember[Key][] => members.map((member) => member[key]);
  await runner.query(INSERT_SCORES, [
    run.tenant, run.runId, column('memberId'), column('r'), column('f'), column('m'), column('group'), column('recencyDays'),
    column('orders'), column('amountMinor'), column('lastPurchaseDay'),
  ]);
}

const isUniqueViolation = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === UNIQUE_VIOLATION;
