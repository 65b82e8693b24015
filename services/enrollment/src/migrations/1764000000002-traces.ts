import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A change keeps the trace of the request that made it until it is published; null where nothing is traced. */
export class Traces1764000000002 implements MigrationInterface {
  name = 'Traces1764000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE enrollment.outbox ADD COLUMN traceparent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE enrollment.outbox DROP COLUMN traceparent');
  }
}
