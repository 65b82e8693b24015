import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Keys of schema `access`. One migration that may meet any earlier shape of the table; its number grows when the shape does, so that
 * it runs again, and whoever composes the platform lists this one class whatever has changed.
 */
export class CreateApiKey implements MigrationInterface {
  name = 'CreateApiKey1764000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE IF NOT EXISTS access.api_key (
        tenant     text        NOT NULL,
        key_id     text        NOT NULL,
        key_hash   bytea       NOT NULL,
        prefix     text        NOT NULL,
        name       text        NOT NULL,
        scopes     text[]      NOT NULL,
        store_id   text,
        created_at timestamptz NOT NULL,
        revoked_at timestamptz,
        PRIMARY KEY (tenant, key_id)
      )`);
    // A request shows a key and nothing else: the tenant is found by it.
    await runner.query('CREATE UNIQUE INDEX IF NOT EXISTS api_key_by_hash ON access.api_key (key_hash)');
    // 2: keys may end by themselves.
    await runner.query('ALTER TABLE access.api_key ADD COLUMN IF NOT EXISTS expires_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE IF EXISTS access.api_key');
  }
}
