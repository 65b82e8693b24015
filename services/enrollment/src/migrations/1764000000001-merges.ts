import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Into whom a member was merged. */
export class Merges1764000000001 implements MigrationInterface {
  readonly name = 'Merges1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE enrollment.member ADD COLUMN merged_into text');
    await runner.query('CREATE INDEX member_merged_into ON enrollment.member (tenant, merged_into) WHERE merged_into IS NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE enrollment.member DROP COLUMN merged_into');
  }
}
