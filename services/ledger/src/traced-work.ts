import { batchSpan } from '@trebol/chassis';
import type { RecordedBatch } from '@trebol/event-store';
import { traceparentOf } from '@trebol/points';
import type { LogWork } from './follow-log.ts';

/** Traces kept for the span of a commit: as many as a span may link to. */
const ORIGINS_MAX = 128;

/**
 * Work on the log with a span for each batch and for each commit, which know the traces that the events were recorded in. A batch of
 * one ticket is part of that ticket's trace.
 */
export function tracedWork(what: string, work: LogWork): LogWork {
  const uncommitted = new Set<string>();
  return {
    resume: () => work.resume(),
    apply: (batch) => {
      const attributes = { 'trebol.events': batch.events.length };
      const origins = noted(batch, uncommitted);
      return batchSpan({ name: what, origins, detached: true, attributes }, () => work.apply(batch));
    },
    commit: async () => {
      const reached = await batchSpan({ name: `commit ${what}`, origins: uncommitted, detached: true }, () => work.commit());
      uncommitted.clear();
      return reached;
    },
    abandon: () => {
      uncommitted.clear();
      return work.abandon();
    },
  };
}

/** Traces of a batch, as they are asked for; each is noted for the commit. Without an SDK nobody asks. */
function* noted({ events }: RecordedBatch, uncommitted: Set<string>): Generator<string | undefined> {
  for (const event of events) {
    const traceparent = traceparentOf(event);
    if (traceparent !== undefined && uncommitted.size < ORIGINS_MAX) uncommitted.add(traceparent);
    yield traceparent;
  }
}
