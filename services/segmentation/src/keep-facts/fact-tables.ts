/** Grows when a table changes shape; a file of another version is refused instead of being half understood. */
export const FACT_SCHEMA_VERSION = 1;

/**
 * The facts. No primary keys: a DuckDB index lives in memory whole, and 100 million tickets would not fit; sameness is kept by the single
 * writer, who looks a batch's keys up among the tickets of the same days (see apply-tickets.ts).
 * `line` repeats its ticket's columns so that scoring scans one table; columns of equal values compress to almost nothing.
 */
export const FACT_TABLES = `
CREATE TABLE IF NOT EXISTS fact_schema (version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS ticket (
  tenant VARCHAR NOT NULL, transaction_key VARCHAR NOT NULL, version INTEGER NOT NULL, type VARCHAR NOT NULL, status VARCHAR NOT NULL,
  member_id VARCHAR, store_id VARCHAR NOT NULL, local_day DATE NOT NULL, occurred_at BIGINT NOT NULL, currency VARCHAR NOT NULL,
  total BIGINT NOT NULL, points_earned BIGINT NOT NULL, points_reversed BIGINT NOT NULL, original_key VARCHAR);
CREATE TABLE IF NOT EXISTS line (
  tenant VARCHAR NOT NULL, transaction_key VARCHAR NOT NULL, type VARCHAR NOT NULL, status VARCHAR NOT NULL, member_id VARCHAR,
  store_id VARCHAR NOT NULL, local_day DATE NOT NULL, occurred_at BIGINT NOT NULL, currency VARCHAR NOT NULL,
  line INTEGER NOT NULL, sku VARCHAR NOT NULL, category VARCHAR, quantity BIGINT NOT NULL, unit_price DECIMAL(18,6),
  amount BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS member (
  tenant VARCHAR NOT NULL, member_id VARCHAR NOT NULL, version INTEGER NOT NULL, status VARCHAR NOT NULL, merged_into VARCHAR);
CREATE TABLE IF NOT EXISTS position (topic VARCHAR NOT NULL, part INTEGER NOT NULL, last_offset BIGINT NOT NULL);
`;
