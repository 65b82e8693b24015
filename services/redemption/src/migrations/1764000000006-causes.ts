import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A merge keeps the message that began it: the wallets' events say because of what they were recorded. */
export class Causes1764000000006 implements MigrationInterface {
  name = 'Causes1764000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE redemption.merge ADD COLUMN cause text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE redemption.merge DROP COLUMN cause');
  }
}
