import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Migration class that makes `<schema>.idempotency`. Its rows are safe to lose: what a lost row described is done again by an
 * operation that recognises its own work.
 */
export function idempotencyMigration(schema: string): new () => MigrationInterface {
  return class CreateIdempotency implements MigrationInterface {
    name = 'CreateIdempotency1764000000002';

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`
        CREATE TABLE ${schema}.idempotency (
          tenant       text        NOT NULL,
          operation    text        NOT NULL,
          key          text        NOT NULL,
          request_hash bytea       NOT NULL,
          leased_until timestamptz NOT NULL,
          status       smallint,
          body         text,
          created_at   timestamptz NOT NULL,
          PRIMARY KEY (tenant, operation, key)
        )`);
      await runner.query(`CREATE INDEX idempotency_by_age ON ${schema}.idempotency (created_at)`);
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`DROP TABLE ${schema}.idempotency`);
    }
  };
}
