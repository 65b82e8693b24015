import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A rejected ticket's reason and the place it speaks of get a column each; they were one text before. A reject of an import keeps what
 * the schema said of the field, as JSON in es and en. Where points lapse by inactivity, a member's newest purchase is kept, and with each
 * sale the later last day that it gives the member's other points.
 */
export class ReasonsAndMessages1764000000001 implements MigrationInterface {
  name = 'ReasonsAndMessages1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE earning.ticket ADD COLUMN pointer text');
    await runner.query(`UPDATE earning.ticket SET reason = split_part(reason, ' ', 1), pointer = split_part(reason, ' ', 2)
      WHERE decision = 'rejected' AND reason LIKE '% %'`);
    await runner.query('ALTER TABLE earning.import_reject ADD COLUMN message text');
    await runner.query('ALTER TABLE earning.ticket ADD COLUMN extension text');
    await runner.query('ALTER TABLE earning.member ADD COLUMN last_active date');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE earning.member DROP COLUMN last_active');
    await runner.query('ALTER TABLE earning.ticket DROP COLUMN extension');
    await runner.query('ALTER TABLE earning.import_reject DROP COLUMN message');
    await runner.query(`UPDATE earning.ticket SET reason = reason || ' ' || pointer WHERE pointer IS NOT NULL`);
    await runner.query('ALTER TABLE earning.ticket DROP COLUMN pointer');
  }
}
