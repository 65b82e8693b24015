import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When fees, forfeitures and freezes were first asked for. */
export class FirstAsks1764000000008 implements MigrationInterface {
  readonly name = 'FirstAsks1764000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE redemption.first_ask (
      tenant text NOT NULL, command_id text NOT NULL, member_id text NOT NULL, created_at timestamptz NOT NULL, created_by text NOT NULL,
      CONSTRAINT first_ask_pk PRIMARY KEY (tenant, command_id)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE redemption.first_ask');
  }
}
