import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Balance and entry rows of every wallet, how far each reader of the log has come, and the wallets as last published. */
export class ReadModels1764000000000 implements MigrationInterface {
  readonly name = 'ReadModels1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    // fillfactor 85: nearly every update of a wallet row finds room on its own page and touches no index.
    await runner.query(`CREATE TABLE ledger.balance (
      tenant text NOT NULL, programme text NOT NULL, point_type text NOT NULL, member_id text NOT NULL,
      revision integer NOT NULL,
      available bigint NOT NULL, pending bigint NOT NULL, held bigint NOT NULL,
      debt bigint NOT NULL, fee_due bigint NOT NULL, spent bigint NOT NULL, expired bigint NOT NULL,
      state_version smallint NOT NULL, state bytea NOT NULL,
      next_due_at timestamptz, as_of timestamptz NOT NULL,
      log_partition integer NOT NULL, log_position bigint NOT NULL,
      CONSTRAINT balance_pk PRIMARY KEY (tenant, programme, point_type, member_id)
    ) WITH (fillfactor = 85)`);
    await runner.query('CREATE INDEX balance_due ON ledger.balance (next_due_at) WHERE next_due_at IS NOT NULL');
    await runner.query(`CREATE TABLE ledger.entry (
      tenant text NOT NULL, member_id text NOT NULL, programme text NOT NULL, point_type text NOT NULL,
      revision integer NOT NULL,
      event_id uuid NOT NULL, kind text NOT NULL, points bigint NOT NULL,
      occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL,
      source_kind text, source_key text, explanation text,
      available_after bigint NOT NULL, pending_after bigint NOT NULL, held_after bigint NOT NULL,
      debt_after bigint NOT NULL, fee_due_after bigint NOT NULL,
      CONSTRAINT entry_pk PRIMARY KEY (tenant, member_id, programme, point_type, revision)
    )`);
    await runner.query(`CREATE TABLE ledger.published_wallet (
      tenant text NOT NULL, programme text NOT NULL, point_type text NOT NULL, member_id text NOT NULL,
      revision integer NOT NULL, state_version smallint NOT NULL, state bytea NOT NULL,
      CONSTRAINT published_wallet_pk PRIMARY KEY (tenant, programme, point_type, member_id)
    ) WITH (fillfactor = 85)`);
    await runner.query(`CREATE TABLE ledger.checkpoint (
      name text CONSTRAINT checkpoint_pk PRIMARY KEY,
      reached text NOT NULL, events bigint NOT NULL, moved_at timestamptz NOT NULL
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE ledger.checkpoint, ledger.published_wallet, ledger.entry, ledger.balance');
  }
}
