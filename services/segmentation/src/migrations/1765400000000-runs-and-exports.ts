import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Runs, the scores they gave, and finished exports. Member ids compare byte by byte: pages and files have one order everywhere. */
export class RunsAndExports1765400000000 implements MigrationInterface {
  readonly name = 'RunsAndExports1765400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE segmentation.run (
        tenant text NOT NULL, run_id text NOT NULL, sequence bigserial NOT NULL, map_id text NOT NULL,
        created_at timestamptz NOT NULL, record jsonb NOT NULL, PRIMARY KEY (tenant, run_id));
      CREATE INDEX run_latest ON segmentation.run (tenant, map_id, sequence);
      CREATE TABLE segmentation.member_score (
        tenant text NOT NULL, run_id text NOT NULL, member_id text COLLATE "C" NOT NULL,
        r smallint NOT NULL, f smallint NOT NULL, m smallint NOT NULL, group_id text NOT NULL,
        recency_days integer NOT NULL, orders integer NOT NULL, amount_minor bigint NOT NULL, last_purchase_day date NOT NULL,
        PRIMARY KEY (tenant, run_id, member_id));
      CREATE INDEX member_score_group ON segmentation.member_score (tenant, run_id, group_id, member_id);
      CREATE TABLE segmentation.audience_export (
        tenant text NOT NULL, export_id text NOT NULL, created_at timestamptz NOT NULL, record jsonb NOT NULL,
        PRIMARY KEY (tenant, export_id));`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE segmentation.audience_export, segmentation.member_score, segmentation.run');
  }
}
