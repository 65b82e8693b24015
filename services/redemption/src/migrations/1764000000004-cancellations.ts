import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was given back of each redemption: a wallet that took over in a merge does not know, and must not give it back twice. */
export class Cancellations1764000000004 implements MigrationInterface {
  readonly name = 'Cancellations1764000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE redemption.cancellation (
      tenant text NOT NULL, redemption_id text NOT NULL, cancellation_id text NOT NULL, points bigint, state text NOT NULL,
      restored bigint NOT NULL DEFAULT 0, member_id text, expires_at timestamptz, valid_through text,
      created_at timestamptz NOT NULL, created_by text NOT NULL, changed_at timestamptz NOT NULL,
      CONSTRAINT cancellation_pk PRIMARY KEY (tenant, redemption_id, cancellation_id)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE redemption.cancellation');
  }
}
