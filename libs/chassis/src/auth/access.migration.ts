import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of schema `access`. */
export class CreateApiKey implements MigrationInterface {
  name = 'CreateApiKey1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE access.api_key (
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
    await runner.query('CREATE UNIQUE INDEX api_key_by_hash ON access.api_key (key_hash)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE access.api_key');
  }
}
