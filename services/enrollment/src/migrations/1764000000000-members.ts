import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Members, who they are, what names them, what they allowed, and the outbox of what changed. */
export class Members1764000000000 implements MigrationInterface {
  readonly name = 'Members1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    // What may be told to other services; no personal data, so reads of public state never touch any.
    await runner.query(`CREATE TABLE enrollment.member (
      tenant text NOT NULL, member_id text NOT NULL,
      status text NOT NULL, version integer NOT NULL,
      language text NOT NULL, home_store text, birth_month smallint,
      external_id text, request_key text, request_hash bytea NOT NULL,
      referral_code text NOT NULL, referred_by text,
      enrolled_at timestamptz NOT NULL, created_by text NOT NULL, changed_at timestamptz NOT NULL, changed_by text NOT NULL,
      CONSTRAINT member_pk PRIMARY KEY (tenant, member_id)
    ) WITH (fillfactor = 85)`);
    await runner.query('CREATE UNIQUE INDEX member_external_id ON enrollment.member (tenant, external_id) WHERE external_id IS NOT NULL');
    await runner.query('CREATE UNIQUE INDEX member_request_key ON enrollment.member (tenant, request_key) WHERE request_key IS NOT NULL');
    await runner.query('CREATE UNIQUE INDEX member_referral_code ON enrollment.member (tenant, referral_code)');
    await runner.query(`CREATE TABLE enrollment.person (
      tenant text NOT NULL, member_id text NOT NULL,
      name text, email text, phone text, birth_date date,
      created_at timestamptz NOT NULL, created_by text NOT NULL, changed_at timestamptz NOT NULL, changed_by text NOT NULL,
      CONSTRAINT person_pk PRIMARY KEY (tenant, member_id)
    )`);
    // The key is the keyed token, not the value: no index and no error message of the server holds a phone number or an e-mail address.
    await runner.query(`CREATE TABLE enrollment.identifier (
      tenant text NOT NULL, token text NOT NULL,
      kind text NOT NULL, value text NOT NULL, member_id text NOT NULL, status text NOT NULL, issued boolean NOT NULL,
      replaced_by text, block_reason text,
      created_at timestamptz NOT NULL, created_by text NOT NULL, changed_at timestamptz NOT NULL, changed_by text NOT NULL,
      CONSTRAINT identifier_pk PRIMARY KEY (tenant, token)
    )`);
    await runner.query('CREATE INDEX identifier_member ON enrollment.identifier (tenant, member_id)');
    // Every answer a member ever gave stays; the newest version of a purpose and channel is in force.
    await runner.query(`CREATE TABLE enrollment.consent (
      tenant text NOT NULL, member_id text NOT NULL, purpose text NOT NULL, channel text NOT NULL, version integer NOT NULL,
      granted boolean NOT NULL, text_version text NOT NULL,
      created_at timestamptz NOT NULL, created_by text NOT NULL,
      CONSTRAINT consent_pk PRIMARY KEY (tenant, member_id, purpose, channel, version)
    )`);
    await this.outbox(runner);
  }

  private async outbox(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE enrollment.outbox (
      tenant text NOT NULL, member_id text NOT NULL, version integer NOT NULL,
      id bigint GENERATED ALWAYS AS IDENTITY, position bigint,
      body text NOT NULL, created_at timestamptz NOT NULL,
      CONSTRAINT outbox_pk PRIMARY KEY (tenant, member_id, version)
    )`);
    await runner.query('CREATE INDEX outbox_waiting ON enrollment.outbox (id) WHERE position IS NULL');
    await runner.query('CREATE INDEX outbox_position ON enrollment.outbox (position) WHERE position IS NOT NULL');
    await runner.query(`CREATE TABLE enrollment.relay (
      name text CONSTRAINT relay_pk PRIMARY KEY, position bigint NOT NULL, moved_at timestamptz
    )`);
    await runner.query(`INSERT INTO enrollment.relay (name, position) VALUES ('member.changed', 0)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE enrollment.relay, enrollment.outbox, enrollment.consent, enrollment.identifier,
      enrollment.person, enrollment.member`);
  }
}
