import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** What a ticket or a line says; how often it was told of (`version`) is not part of it. */
const FACTS = {
  ticket: ['transaction_key', 'type', 'status', 'member_id', 'store_id', 'local_day', 'occurred_at', 'currency', 'total', 'points_earned',
    'points_reversed', 'original_key'],
  line: ['transaction_key', 'type', 'status', 'member_id', 'store_id', 'local_day', 'occurred_at', 'line', 'sku', 'quantity', 'unit_price', 'amount'],
};

/**
 * The purchase facts of a platform that is stopped: their number, and a hash that is the same wherever the same facts were kept.
 * @param {string} folder of the platform
 */
export async function factsOf(folder) {
  const file = join(folder, 'analytics', 'facts', 'facts.duckdb');
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  try {
    const hash = createHash('sha256');
    const counts = {};
    for (const [table, columns] of Object.entries(FACTS)) {
      const line = columns.map((name) => `coalesce(CAST(${name} AS VARCHAR), '')`).join(" || '|' || ");
      const reader = await connection.runAndReadAll(`SELECT ${line} FROM ${table} ORDER BY 1`);
      const rows = reader.getRows();
      for (const [row] of rows) hash.update(`${table}|${String(row)}\n`);
      counts[table] = rows.length;
    }
    return { tickets: counts.ticket, lines: counts.line, hash: hash.digest('hex') };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
