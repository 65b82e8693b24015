import type { RecordedEvent } from '@trebol/event-store';
import type { ColumnType } from '@trebol/postgres-bulk';
import { type Movement, movementOf } from './movements.ts';
import type { Held } from './wallet-folds.ts';

/** The columns of an entry in the order of `EntryValues`. */
export const ENTRY_COLUMNS: readonly { readonly name: string; readonly type: ColumnType }[] = [
  { name: 'tenant', type: 'text' },
  { name: 'member_id', type: 'text' },
  { name: 'programme', type: 'text' },
  { name: 'point_type', type: 'text' },
  { name: 'revision', type: 'int4' },
  { name: 'event_id', type: 'uuid' },
  { name: 'kind', type: 'text' },
  { name: 'points', type: 'int8' },
  { name: 'occurred_at', type: 'timestamptz' },
  { name: 'recorded_at', type: 'timestamptz' },
  { name: 'source_kind', type: 'text' },
  { name: 'source_key', type: 'text' },
  { name: 'explanation', type: 'text' },
  { name: 'available_after', type: 'int8' },
  { name: 'pending_after', type: 'int8' },
  { name: 'held_after', type: 'int8' },
  { name: 'debt_after', type: 'int8' },
  { name: 'fee_due_after', type: 'int8' },
];

/** One entry, a value per column of `ENTRY_COLUMNS`. */
export type EntryValues = readonly (string | number | null)[];

/** The entry row of an event, given its wallet right after it; running figures as of the instant of recording. */
export function entryValues(event: RecordedEvent, after: Held, movement: Movement = movementOf(event, after)): EntryValues {
  const { said, balance, revision } = movement;
  const { id } = after;
  return [
    id.tenant, id.member, id.programme, id.pointType, revision,
    event.id, said.kind, said.points, said.occurredAt, event.recordedAt,
    said.source?.kind ?? null, said.source?.key ?? null, said.explanation === '' ? null : said.explanation,
    balance.available, balance.pending, balance.held, balance.debt, balance.feeDue,
  ];
}
