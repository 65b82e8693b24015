import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the last verify found, whichever process ran it. */
export class LastVerify1764200000000 implements MigrationInterface {
  readonly name = 'LastVerify1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE ledger.last_verify (
      one boolean CONSTRAINT last_verify_pk PRIMARY KEY DEFAULT true CONSTRAINT last_verify_one CHECK (one),
      ended_at timestamptz NOT NULL, differences integer NOT NULL, unaccounted_points bigint NOT NULL
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE ledger.last_verify');
  }
}
