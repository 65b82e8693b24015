import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which of a member's wallets a merge moves and an adjustment corrects; nothing: that of the currency. */
export class PointTypes1764000000007 implements MigrationInterface {
  readonly name = 'PointTypes1764000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE redemption.merge ADD COLUMN point_type text');
    await runner.query('ALTER TABLE redemption.adjustment ADD COLUMN point_type text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE redemption.adjustment DROP COLUMN point_type');
    await runner.query('ALTER TABLE redemption.merge DROP COLUMN point_type');
  }
}
