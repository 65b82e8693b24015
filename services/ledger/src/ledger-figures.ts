import type { Metrics } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { Checkpoint, EventStore } from '@trebol/event-store';
import type { DataSource } from 'typeorm';
import type { LogFollower } from './follow-log.ts';
import { lastVerify, type VerifyFound } from './last-verify.ts';

const MILLISECONDS = 1_000;

/** What the gauges of the ledger are read from. */
export interface FiguresParts {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly dataSource: DataSource;
  /** Without a `proof` events between two checkpoints cannot be counted, and their number is not said. */
  readonly eventStore: EventStore;
  /** By the name that the figures give them. */
  readonly readers: Readonly<Record<string, LogFollower>>;
}

/** Says how far the readers of the log are behind it, and what the last verify found. */
export function ledgerFigures({ metrics, clock, dataSource, eventStore, readers }: FiguresParts): void {
  const named = Object.entries(readers);
  const lags = named.map(([projection, reader]) => ({ projection, lag: new Lag(reader, clock) }));
  const endOfLog = shared(() => eventStore.end());
  metrics.gauge('trebol_projection_lag_seconds', async () => {
    const end = await endOfLog();
    return lags.map(({ projection, lag }) => ({ value: lag.seconds(end), labels: { projection } }));
  });
  const { proof } = eventStore;
  if (proof !== undefined) {
    metrics.gauge('trebol_projection_lag_events', async () => {
      const end = await endOfLog();
      return named.map(([projection, reader]) =>
        ({ value: proof.eventsBetween(reader.committed() ?? eventStore.start, end), labels: { projection } }));
    });
  }
  const verified = shared(() => lastVerify(dataSource));
  const ofVerify = (pick: (found: VerifyFound) => number | null) => async (): Promise<readonly { readonly value: number }[]> => {
    const found = await verified();
    const value = found === undefined ? null : pick(found);
    return value === null ? [] : [{ value }];
  };
  metrics.gauge('trebol_conservation_difference_points', ofVerify(({ unaccountedPoints }) => unaccountedPoints));
  metrics.gauge('trebol_in_transit_points', ofVerify(({ inTransitPoints }) => inTransitPoints));
  metrics.gauge('trebol_verify_differences', ofVerify(({ differences }) => differences));
  metrics.gauge('trebol_verify_completed_timestamp_seconds', ofVerify(({ endedAt }) => endedAt / MILLISECONDS));
}

/** Asks once for all who ask while the answer is under way: the gauges of one scrape. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => (asked ??= ask().finally(() => { asked = undefined; }));
}

/** For `onBatch` of a reader, which is told how many events it has taken in so far. */
export function batchSizes(metrics: Metrics, projection: string): (events: number) => void {
  let before = 0;
  return (events) => {
    if (events > before) metrics.observe('trebol_projection_batch_events', events - before, { projection });
    before = events;
  };
}

/**
 * How old the oldest event is that a reader has not committed. What it has not seen came after what it has seen, and after the last time
 * it was found at the end; so the answer is never less than the truth, and at most the time between two looks more.
 */
class Lag {
  private atEndMs: number;

  constructor(private readonly reader: LogFollower, private readonly clock: Clock) {
    this.atEndMs = clock.now();
  }

  seconds(end: Checkpoint): number {
    const now = this.clock.now();
    if (this.reader.covers(end)) {
      this.atEndMs = now;
      return 0;
    }
    return Math.max(0, now - Math.max(this.atEndMs, this.reader.status().recordedAt ?? 0)) / MILLISECONDS;
  }
}
