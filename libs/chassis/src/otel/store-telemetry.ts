import { type Metrics, noMetrics } from '../metrics/metrics.ts';
import { batchSpan } from './batch-span.ts';

const MILLISECONDS = 1000;

/**
 * `append` of an event store with a span and figures around it, where an application is composed: how many streams, how long, and
 * how many were conflicts. `outcomes` may have any shape that names its `status`. With `originsOf` the span belongs to the traces of what
 * is appended, not to whichever request happens to have set a shared append going.
 */
export function observedAppend<Arguments extends readonly [readonly unknown[], ...unknown[]], Outcome extends { readonly status: string }>(
  append: (...appended: Arguments) => Promise<readonly Outcome[]>, metrics: Metrics = noMetrics,
  originsOf?: (streams: Arguments[0]) => Iterable<string | undefined>,
): (...appended: Arguments) => Promise<readonly Outcome[]> {
  return (...appended) => {
    const [streams] = appended;
    const began = performance.now();
    metrics.observe('trebol_event_store_batch_streams', streams.length);
    const origins = originsOf === undefined ? {} : { origins: originsOf(streams), detached: true };
    return batchSpan({ name: 'append events', attributes: { 'trebol.streams': streams.length }, ...origins }, async () => {
      const outcomes = await append(...appended);
      metrics.observe('trebol_event_store_append_duration_seconds', (performance.now() - began) / MILLISECONDS);
      for (const [outcome, count] of countByStatus(outcomes)) metrics.count('trebol_event_store_appends_total', count, { outcome });
      return outcomes;
    });
  };
}

function countByStatus(outcomes: readonly { readonly status: string }[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of outcomes) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}
