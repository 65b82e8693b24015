import { InvalidAppend, type AppendOutcome, type EventStore, type Lane, type StreamAppend } from '@trebol/event-store';
import { UNKNOWN_READS_MAX } from '../limits.ts';

/**
 * Appends, and does not take "no answer" for an answer: what the store left unknown is read back and the event ids are compared (G9).
 * `unknown` comes out only when that did not help either.
 */
export async function appendPlans(store: EventStore, appends: readonly StreamAppend[], lane: Lane): Promise<readonly AppendOutcome[]> {
  const outcomes = await appendOrUnknown(store, appends, lane);
  if (outcomes.every(({ status }) => status !== 'unknown')) return outcomes;
  return Promise.all(outcomes.map(async (outcome, index) => {
    const append = appends[index];
    return outcome.status === 'unknown' && append !== undefined ? settleUnknown(store, { append, lane, cause: outcome.cause }) : outcome;
  }));
}

/** An exception is an unanswered append like any other, except where the append is wrong in itself. */
async function appendOrUnknown(store: EventStore, appends: readonly StreamAppend[], lane: Lane): Promise<readonly AppendOutcome[]> {
  try {
    return await store.append(appends, lane);
  } catch (cause) {
    if (cause instanceof InvalidAppend) throw cause;
    return appends.map(() => ({ status: 'unknown', cause }));
  }
}

async function settleUnknown(
  store: EventStore, lost: { readonly append: StreamAppend; readonly lane: Lane; readonly cause: unknown },
): Promise<AppendOutcome> {
  let cause = lost.cause;
  for (let read = 0; read < UNKNOWN_READS_MAX; read += 1) {
    try {
      const there = await readBack(store, lost.append);
      if (there !== undefined) return there;
      // Not there yet: the lost one may still arrive, so only the very same append, with the same ids at the same revision, is safe.
      const [again] = await store.append([lost.append], lost.lane);
      if (again !== undefined && again.status !== 'unknown') return again;
      cause = again?.cause ?? cause;
    } catch (error) {
      cause = error;
    }
  }
  return { status: 'unknown', cause };
}

/** Whether our events stand where they were to stand; undefined when nothing stands there. */
async function readBack(store: EventStore, append: StreamAppend): Promise<AppendOutcome | undefined> {
  const expected = append.expectedRevision === 'noStream' ? 0 : append.expectedRevision;
  let revision = expected;
  for await (const recorded of store.readStream(append.stream, expected + 1)) {
    const ours = append.events[revision - expected];
    if (ours === undefined) break;
    if (ours.id !== recorded.id) return { status: 'conflict', actual: recorded.revision };
    revision = recorded.revision;
  }
  return revision - expected === append.events.length && append.events.length > 0 ? { status: 'appended', revision } : undefined;
}
