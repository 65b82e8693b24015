import type { DuckDBConnection } from '@duckdb/node-api';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Order makes the files compress well and lets readers skip what they do not need. */
const EXPORTS: readonly { readonly table: string; readonly order: string }[] = [
  { table: 'ticket', order: 'tenant, local_day, transaction_key' },
  { table: 'line', order: 'tenant, local_day, transaction_key, line' },
  { table: 'member', order: 'tenant, member_id' },
];

/** Writes each fact table to `<folder>/<table>.parquet` through a temporary name. Answers the paths. */
export async function writeParquet(connection: DuckDBConnection, folder: string): Promise<readonly string[]> {
  const written: string[] = [];
  for (const { table, order } of EXPORTS) {
    const file = join(folder, `${table}.parquet`);
    const quoted = `${file}.tmp`.replaceAll("'", "''");
    await connection.run(`COPY (SELECT * FROM ${table} ORDER BY ${order}) TO '${quoted}' (FORMAT parquet, COMPRESSION zstd)`);
    await rename(`${file}.tmp`, file);
    written.push(file);
  }
  return written;
}
