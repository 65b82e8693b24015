import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far the closing of each period has come: the last wallet that was done, in key order. */
export class BooksClosing1764100000000 implements MigrationInterface {
  readonly name = 'BooksClosing1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE ledger.books_closing (
      period integer CONSTRAINT books_closing_pk PRIMARY KEY,
      tenant text, programme text, point_type text, member_id text,
      closed bigint NOT NULL, finished_at timestamptz
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE ledger.books_closing');
  }
}
