import type { AppendOutcome, NewEvent, Revision } from './port.ts';

/** What a stream holds where an append expected its own events to go. */
export interface FoundInstead {
  /** Revision of the stream now. */
  readonly actual: Revision;
  /** Ids of the events at the revisions right after the expected one, in order, at least as many as the append has. */
  readonly ids: readonly string[];
}

/**
 * Decides an append whose expected revision is not the stream's. It is a retry of itself when exactly its ids stand, in order,
 * right after the expected revision (`eventstoredb.md` §2: the same ids, or a prefix of those first written); the answer is
 * then the first one again. Anything else, also more ids or another order, is a conflict.
 */
export function recogniseRetry(expected: Revision, events: readonly NewEvent[], found: FoundInstead): AppendOutcome {
  if (events.length === 0) {
    return expected === found.actual ? { status: 'appended', revision: expected } : { status: 'conflict', actual: found.actual };
  }
  const same = found.actual >= expected + events.length && events.every((event, index) => event.id.toLowerCase() === found.ids[index]);
  return same ? { status: 'appended', revision: expected + events.length } : { status: 'conflict', actual: found.actual };
}
