import type { DuckDBConnection } from '@duckdb/node-api';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { wholeOf } from '../cells.ts';

/** One table of facts as a file. */
export interface ParquetFile {
  readonly table: FactTable;
  readonly rows: number;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export const FACT_TABLE_NAMES = ['ticket', 'line', 'member'] as const;
export type FactTable = (typeof FACT_TABLE_NAMES)[number];

/**
 * What is written of each table: a tenant's rows without its name, instants as timestamps in UTC. Order makes the files compress well and
 * lets readers skip what they do not need.
 */
const SELECTIONS: Readonly<Record<FactTable, { readonly columns: string; readonly order: string }>> = {
  ticket: { columns: '* EXCLUDE (tenant) REPLACE (epoch_ms(occurred_at) AS occurred_at)', order: 'local_day, transaction_key' },
  line: { columns: '* EXCLUDE (tenant) REPLACE (epoch_ms(occurred_at) AS occurred_at)', order: 'local_day, transaction_key, line' },
  member: { columns: '* EXCLUDE (tenant)', order: 'member_id' },
};

export const fileOf = (folder: string, table: FactTable): string => join(folder, `${table}.parquet`);

/** Writes each fact table of a tenant to `<folder>/<table>.parquet`, from one snapshot. */
export async function writeParquet(connection: DuckDBConnection, tenant: string, folder: string): Promise<readonly ParquetFile[]> {
  const written: ParquetFile[] = [];
  for (const table of FACT_TABLE_NAMES) {
    const file = fileOf(folder, table);
    const { columns, order } = SELECTIONS[table];
    const selected = `SELECT ${columns} FROM ${table} WHERE tenant = ${quoted(tenant)} ORDER BY ${order}`;
    const [row] = await (await connection.run(`COPY (${selected}) TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd)`)).getRows();
    written.push({ table, rows: wholeOf(row?.[0]), bytes: (await stat(file)).size, sha256: await hashOf(file) });
  }
  return written;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
