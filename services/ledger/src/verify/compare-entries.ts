import type { RecordedEvent } from '@trebol/event-store';
import type { WalletId } from '@trebol/points';
import type { ClientBase } from 'pg';
import { ENTRY_COLUMNS, type EntryValues } from '../entry-values.ts';
import { LIVE } from '../read-models.ts';
import { type Compared, differingRows } from './compare-rows.ts';
import { type Difference, DifferenceFound } from './report.ts';

/** The entry that an event must have. */
export interface ExpectedEntry {
  readonly wallet: WalletId;
  readonly event: RecordedEvent;
  readonly row: EntryValues;
}

const ENTRIES: Compared = {
  table: LIVE.entry, columns: ENTRY_COLUMNS, key: ['tenant', 'member_id', 'programme', 'point_type', 'revision'],
};

const REVISION_AT = ENTRY_COLUMNS.findIndex(({ name }) => name === 'revision');

/**
 * Compares entries with the rows, all columns; throws `DifferenceFound` for the first, in log order, that is missing or
 * differs.
 */
export async function compareEntries(client: ClientBase, expected: readonly ExpectedEntry[]): Promise<void> {
  if (expected.length === 0) return;
  const columnwise = ENTRY_COLUMNS.map((_, index) => expected.map(({ row }) => row[index]));
  const [difference] = await differingRows(client, ENTRIES, { columnwise, limit: 1 });
  const entry = difference === undefined ? undefined : expected[difference.at];
  if (difference === undefined || entry === undefined) return;
  const { stream } = entry.event;
  const revision = Number(entry.row[REVISION_AT]);
  const named = { check: 'entry', wallet: entry.wallet, revision } as const;
  const [wanted, found] = [difference.expected ?? 'null', difference.found ?? 'null'];
  const said: Difference = difference.column === null
    ? { ...named, message: `${stream} revision ${revision}: the entry is missing` }
    : {
      ...named, field: difference.column, expected: wanted, found,
      message: `${stream} revision ${revision}: entry.${difference.column} should be ${wanted}, is ${found}`,
    };
  throw new DifferenceFound(said);
}
