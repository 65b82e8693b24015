import type { Checkpoint, EventStore } from '@trebol/event-store';
import type { ClientBase } from 'pg';

/** Somebody else moved this checkpoint meanwhile (a second replica, or a rebuild that was swapped in): read it again. */
export class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved';
}

/** How far the named reader has come, as committed; the start of the log when it has never read. */
export async function readCheckpoint(client: ClientBase, name: string, store: EventStore): Promise<Checkpoint> {
  const found = await client.query<{ reached: string }>('SELECT reached FROM ledger.checkpoint WHERE name = $1', [name]);
  return (found.rows[0]?.reached as Checkpoint | undefined) ?? store.start;
}

/**
 * Locks the reader's row for this transaction and makes sure that it still says `reached`; refuses with `CheckpointMoved`
 * otherwise. So of two
 * replicas that read the same batch one writes it, and the other finds that out before it writes.
 */
export async function lockCheckpoint(client: ClientBase, name: string, reached: Checkpoint): Promise<void> {
  await client.query(
    `INSERT INTO ledger.checkpoint (name, reached, events, moved_at) VALUES ($1, $2, 0, to_timestamp(0)) ON CONFLICT (name) DO NOTHING`,
    [name, reached]);
  const found = await client.query<{ reached: string }>('SELECT reached FROM ledger.checkpoint WHERE name = $1 FOR UPDATE', [name]);
  if (found.rows[0]?.reached !== reached) throw new CheckpointMoved(`checkpoint ${name} was moved by another process`);
}

/**
 * Moves the reader's row; belongs into the transaction that writes what the events did. `events` is how many were taken in
 * since the last.
 */
export async function moveCheckpoint(
  client: ClientBase, name: string, to: { readonly reached: Checkpoint; readonly events: number; readonly at: number },
): Promise<void> {
  await client.query(
    'UPDATE ledger.checkpoint SET reached = $2, events = events + $3, moved_at = $4 WHERE name = $1',
    [name, to.reached, to.events, new Date(to.at)]);
}
