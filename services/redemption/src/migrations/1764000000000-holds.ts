import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Holds, redemptions, and the little that is known of members: whether they may spend, and the tokens they are known by. */
export class Holds1764000000000 implements MigrationInterface {
  readonly name = 'Holds1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE redemption.hold (
      tenant text NOT NULL, hold_id text NOT NULL, member_id text NOT NULL,
      points bigint NOT NULL, expires_at timestamptz NOT NULL, lapse_at timestamptz NOT NULL,
      state text NOT NULL,
      created_at timestamptz NOT NULL, created_by text NOT NULL, changed_at timestamptz NOT NULL, changed_by text NOT NULL,
      CONSTRAINT hold_pk PRIMARY KEY (tenant, hold_id)
    ) WITH (fillfactor = 85)`);
    // Only holds that may still have to be let go: the index stays as small as what is open.
    await runner.query(`CREATE INDEX hold_due ON redemption.hold (lapse_at) WHERE state IN ('asked', 'open')`);
    await runner.query(`CREATE TABLE redemption.redemption (
      tenant text NOT NULL, redemption_id text NOT NULL, member_id text NOT NULL,
      points bigint NOT NULL, ticket text,
      state text NOT NULL,
      created_at timestamptz NOT NULL, created_by text NOT NULL, changed_at timestamptz NOT NULL, changed_by text NOT NULL,
      CONSTRAINT redemption_pk PRIMARY KEY (tenant, redemption_id)
    ) WITH (fillfactor = 85)`);
    await runner.query(`CREATE TABLE redemption.member (
      tenant text NOT NULL, member_id text NOT NULL, status text NOT NULL, version integer NOT NULL, changed_at timestamptz NOT NULL,
      CONSTRAINT member_pk PRIMARY KEY (tenant, member_id)
    )`);
    // A token may stand under two members for a moment, while it moves from one to the other on two partitions.
    await runner.query(`CREATE TABLE redemption.member_identifier (
      tenant text NOT NULL, token text NOT NULL, member_id text NOT NULL, status text NOT NULL,
      CONSTRAINT member_identifier_pk PRIMARY KEY (tenant, token, member_id)
    )`);
    await runner.query('CREATE INDEX member_identifier_member ON redemption.member_identifier (tenant, member_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE redemption.member_identifier, redemption.member, redemption.redemption, redemption.hold');
  }
}
