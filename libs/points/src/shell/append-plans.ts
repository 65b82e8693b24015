import {
  InvalidAppend, StoreOverloaded, type AppendOutcome, type EventStore, type Lane, type StreamAppend,
} from '@trebol/event-store';
import { UNKNOWN_READS_MAX } from '../limits.ts';

/**
 * Appends, and does not take "no answer" for an answer: what the store left unknown is read back and the event ids are compared (G9).
 * `unknown` comes out only when that did not help either, and when the store took nothing because it has too much to do: the cause is then
 * `StoreOverloaded`, and the store is not asked again. An append that is wrong in itself is `unknown` by its own: its neighbours go on.
 */
export async function appendPlans(store: EventStore, appends: readonly StreamAppend[], lane: Lane): Promise<readonly AppendOutcome[]> {
  const outcomes = await appendOrUnknown(store, appends, lane);
  if (!outcomes.some(isUnanswered)) return outcomes;
  return Promise.all(outcomes.map(async (outcome, index) => {
    const append = appends[index];
    return isUnanswered(outcome) && append !== undefined ? settleUnknown(store, { append, lane, cause: outcome.cause }) : outcome;
  }));
}

/** Whether it may have been written: what the store refused to look at was not. */
function isUnanswered(outcome: AppendOutcome): outcome is Extract<AppendOutcome, { status: 'unknown' }> {
  return outcome.status === 'unknown' && !(outcome.cause instanceof StoreOverloaded) && !(outcome.cause instanceof InvalidAppend);
}

/** An exception is an unanswered append like any other; nothing was written where the store says that one of them is wrong in itself. */
async function appendOrUnknown(
  store: EventStore, appends: readonly StreamAppend[], lane: Lane,
): Promise<readonly AppendOutcome[]> {
  try {
    return await store.append(appends, lane);
  } catch (cause) {
    if (cause instanceof InvalidAppend && appends.length > 1) return oneByOne(store, appends, lane);
    return appends.map(() => ({ status: 'unknown', cause }));
  }
}

/** One wallet's fault is never the call's. */
async function oneByOne(store: EventStore, appends: readonly StreamAppend[], lane: Lane): Promise<readonly AppendOutcome[]> {
  const outcomes: AppendOutcome[] = [];
  for (const append of appends) outcomes.push(...await appendOrUnknown(store, [append], lane));
  return outcomes;
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
      // The lost one may be there all the same: only the first cause says what is not known.
      if (error instanceof StoreOverloaded) return { status: 'unknown', cause: lost.cause };
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
