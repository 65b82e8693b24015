import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many points were between two wallets when a verify ended without a difference; null before the first. */
export class InTransit1764300000000 implements MigrationInterface {
  readonly name = 'InTransit1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE ledger.last_verify ADD COLUMN in_transit_points bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE ledger.last_verify DROP COLUMN in_transit_points');
  }
}
