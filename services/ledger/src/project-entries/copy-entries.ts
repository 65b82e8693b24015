import { copyRows } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import { ENTRY_COLUMNS, type EntryValues } from '../entry-values.ts';

/** Adds entries to `table` (`ledger.entry` or its shadow) by binary COPY. */
export async function copyEntries(client: ClientBase, table: string, rows: readonly EntryValues[]): Promise<void> {
  await copyRows(client, { table, columns: ENTRY_COLUMNS }, rows);
}
