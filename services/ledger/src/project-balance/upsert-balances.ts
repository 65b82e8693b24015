import { binaryArray } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import { BALANCE_COLUMNS, type BalanceValues } from '../balance-values.ts';

const KEY = 'tenant, programme, point_type, member_id';

/**
 * Writes wallets into `table` (`ledger.balance` or its shadow) with one statement; an older revision never overwrites a newer
 * one.
 */
export async function upsertBalances(client: ClientBase, table: string, rows: readonly BalanceValues[]): Promise<void> {
  const names = BALANCE_COLUMNS.map((column) => column.name);
  const parameters = BALANCE_COLUMNS.map((column, at) => `$${at + 1}::${column.type}[]`);
  const changes = names.slice(4).map((name) => `${name} = excluded.${name}`);
  const text = `INSERT INTO ${table} AS kept (${names.join(', ')}) SELECT * FROM unnest(${parameters.join(', ')})
    ON CONFLICT (${KEY}) DO UPDATE SET ${changes.join(', ')} WHERE kept.revision < excluded.revision`;
  const values = BALANCE_COLUMNS.map((column) => binaryArray(column.type, rows.map((row) => row[column.field])));
  await client.query({ name: `upsert ${table}`, text, values });
}
