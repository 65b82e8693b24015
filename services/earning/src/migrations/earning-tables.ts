import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tables of the schema `earning`. Keys of tickets sort by bytes ("C"), so that all tickets of a store, workstation and day are one
 * range. `ticket.body` is compact JSON and mostly a few hundred bytes: it is kept as it is, because compressing it costs more than
 * the disk it saves.
 */
export class EarningTables1764000000000 implements MigrationInterface {
  name = 'EarningTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TABLE earning.${table}`);
    await runner.query('DROP SEQUENCE earning.batch_id');
  }
}

const TABLES = [
  'import_reject', 'import_job', 'relay', 'outbox_head', 'quarantine', 'ticket', 'rating_batch', 'identifier', 'member',
  'rule_version', 'store',
] as const;

const UP: readonly string[] = [
  `CREATE TABLE earning.store (
    tenant text NOT NULL, store_id text NOT NULL, name text NOT NULL, zone text NOT NULL, currency text NOT NULL,
    country text NOT NULL, region text,
    PRIMARY KEY (tenant, store_id))`,
  `CREATE TABLE earning.rule_version (
    tenant text NOT NULL, version int4 NOT NULL, sha text NOT NULL, body text NOT NULL, applied_at timestamptz NOT NULL,
    valid_from timestamptz,
    PRIMARY KEY (tenant, version))`,
  `CREATE TABLE earning.member (
    tenant text COLLATE "C" NOT NULL, member_id text COLLATE "C" NOT NULL, version int4 NOT NULL, status text NOT NULL, merged_into text,
    PRIMARY KEY (tenant, member_id))`,
  `CREATE TABLE earning.identifier (
    tenant text COLLATE "C" NOT NULL, token text COLLATE "C" NOT NULL, member_id text COLLATE "C" NOT NULL, status text NOT NULL,
    PRIMARY KEY (tenant, token))`,
  'CREATE INDEX identifier_of_member ON earning.identifier (tenant, member_id)',
  'CREATE SEQUENCE earning.batch_id',
  `CREATE TABLE earning.rating_batch (
    batch int8 PRIMARY KEY, tenant text NOT NULL, rated_at timestamptz NOT NULL, posted_at timestamptz, outbox int8)`,
  'CREATE INDEX rating_batch_unposted ON earning.rating_batch (batch) WHERE posted_at IS NULL',
  'CREATE UNIQUE INDEX rating_batch_outbox ON earning.rating_batch (outbox) WHERE outbox IS NOT NULL',
  `CREATE TABLE earning.ticket (
    tenant text COLLATE "C" NOT NULL, transaction_key text COLLATE "C" NOT NULL, content_hash bytea NOT NULL,
    batch int8 NOT NULL, version int4 NOT NULL, type text NOT NULL, decision text NOT NULL, reason text, not_posted text,
    member_id text COLLATE "C", token text COLLATE "C", original_key text COLLATE "C", occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    rule_version int4, points int8 NOT NULL, lots text, explanation text, body bytea NOT NULL,
    PRIMARY KEY (tenant, transaction_key))`,
  'ALTER TABLE earning.ticket ALTER COLUMN body SET STORAGE EXTERNAL',
  'CREATE INDEX ticket_batch ON earning.ticket (batch)',
  'CREATE INDEX ticket_correction ON earning.ticket (tenant, original_key) WHERE original_key IS NOT NULL',
  `CREATE INDEX ticket_parked ON earning.ticket (tenant, original_key) WHERE decision = 'awaitingOriginal' AND original_key IS NOT NULL`,
  `CREATE INDEX ticket_kept ON earning.ticket (tenant, token) WHERE decision = 'noMember' AND token IS NOT NULL`,
  `CREATE INDEX ticket_not_posted ON earning.ticket (tenant, transaction_key) WHERE not_posted IS NOT NULL`,
  `CREATE TABLE earning.quarantine (
    tenant text COLLATE "C" NOT NULL, transaction_key text COLLATE "C" NOT NULL, content_hash bytea NOT NULL,
    recorded_at timestamptz NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (tenant, transaction_key, content_hash))`,
  'CREATE TABLE earning.outbox_head (one bool PRIMARY KEY DEFAULT true CHECK (one), last int8 NOT NULL)',
  'INSERT INTO earning.outbox_head (last) VALUES (0)',
  'CREATE TABLE earning.relay (name text PRIMARY KEY, position int8 NOT NULL)',
  `CREATE TABLE earning.import_job (
    tenant text NOT NULL, import_id text NOT NULL, content_sha text NOT NULL, name text NOT NULL, size_bytes int8 NOT NULL,
    format text NOT NULL, history bool NOT NULL,
    state text NOT NULL, items_done int8 NOT NULL, bytes_read int8 NOT NULL, counts text NOT NULL, rejects_kept int4 NOT NULL, failure text,
    created_at timestamptz NOT NULL, started_at timestamptz, ended_at timestamptz, path text,
    PRIMARY KEY (tenant, import_id))`,
  `CREATE UNIQUE INDEX import_job_open ON earning.import_job (tenant, content_sha, format, history) WHERE state IN ('queued', 'running')`,
  `CREATE TABLE earning.import_reject (
    tenant text NOT NULL, import_id text NOT NULL, row int8 NOT NULL, field text NOT NULL, code text NOT NULL, excerpt text NOT NULL,
    PRIMARY KEY (tenant, import_id, row, field))`,
];
