import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A batch keeps the trace it was rated in, once for all its tickets, and none where nothing is traced. */
export class Traces1764000000006 implements MigrationInterface {
  name = 'Traces1764000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE earning.rating_batch ADD COLUMN traceparent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE earning.rating_batch DROP COLUMN traceparent');
  }
}
