import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A store says whether it has tickets: then its currency and zone stay. Keys of a store's tickets begin with its id and `~`, which
 * sorts after every character an id may have.
 */
export class StoresInUse1764000000005 implements MigrationInterface {
  name = 'StoresInUse1764000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE earning.store ADD COLUMN in_use bool NOT NULL DEFAULT false');
    await runner.query(`UPDATE earning.store s SET in_use = true WHERE EXISTS (
      SELECT 1 FROM earning.ticket t WHERE t.tenant = s.tenant
        AND t.transaction_key >= s.store_id || '~' AND t.transaction_key < s.store_id || '~~')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE earning.store DROP COLUMN in_use');
  }
}
