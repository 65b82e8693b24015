import { batchSpan, inFront, type Metrics } from '@trebol/chassis';
import type { RateBatch } from './take-tickets/rate-batch.ts';
import type { Taken } from './taking.ts';

/** A span for each batch that is rated, whichever way it came in, and its tickets counted by what became of them. */
export function observedRating(rate: RateBatch, metrics: Metrics): RateBatch {
  return inFront<RateBatch, Pick<RateBatch, 'rate'>>(rate, {
    rate: async (...asked) => {
      const [, { length }, { origins }] = asked;
      const span = { name: 'rate tickets', origins: origins ?? [], detached: origins !== undefined, attributes: { 'trebol.tickets': length } };
      const rated = await batchSpan(span, () => rate.rate(...asked));
      for (const [outcome, count] of byStatus(rated.taken)) metrics.count('trebol_tickets_total', count, { outcome });
      return rated;
    },
  });
}

function byStatus(taken: readonly Taken[]): ReadonlyMap<Taken['status'], number> {
  const counts = new Map<Taken['status'], number>();
  for (const { status } of taken) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}
