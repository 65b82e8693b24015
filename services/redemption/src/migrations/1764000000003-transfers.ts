import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far each transfer and each merge is, and the adjustments that people asked for. */
export class Transfers1764000000003 implements MigrationInterface {
  readonly name = 'Transfers1764000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE redemption.transfer (
      tenant text NOT NULL, transfer_id text NOT NULL, sender_id text NOT NULL, recipient_id text NOT NULL,
      points bigint NOT NULL, state text NOT NULL, reason text, lots text,
      lapses_at timestamptz NOT NULL, due_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL, created_by text NOT NULL, changed_at timestamptz NOT NULL, changed_by text NOT NULL,
      CONSTRAINT transfer_pk PRIMARY KEY (tenant, transfer_id)
    )`);
    // What is not closed yet, and when to look at it: the index stays as small as what is in transit.
    await runner.query(`CREATE INDEX transfer_due ON redemption.transfer (due_at)
      WHERE state IN ('asked', 'sent', 'accepting', 'returning')`);
    await runner.query(`CREATE INDEX transfer_recipient ON redemption.transfer (tenant, recipient_id) WHERE state = 'sent'`);
    await runner.query(`CREATE TABLE redemption.merge (
      tenant text NOT NULL, merge_id text NOT NULL, from_id text NOT NULL, into_id text NOT NULL,
      state text NOT NULL, round integer NOT NULL DEFAULT 1, contents text, refused text, due_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL, changed_at timestamptz NOT NULL,
      CONSTRAINT merge_pk PRIMARY KEY (tenant, merge_id)
    )`);
    await runner.query(`CREATE INDEX merge_due ON redemption.merge (due_at) WHERE state <> 'done'`);
    await runner.query(`CREATE TABLE redemption.adjustment (
      tenant text NOT NULL, adjustment_id text NOT NULL, member_id text NOT NULL,
      points bigint NOT NULL, reason_code text NOT NULL, note text, state text NOT NULL, approved_by text,
      created_at timestamptz NOT NULL, created_by text NOT NULL, changed_at timestamptz NOT NULL, changed_by text NOT NULL,
      CONSTRAINT adjustment_pk PRIMARY KEY (tenant, adjustment_id)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE redemption.adjustment, redemption.merge, redemption.transfer');
  }
}
