import { type INestApplicationContext, Logger } from '@nestjs/common';
import type { Clock } from '@trebol/contracts';
import { systemClock } from '../clock/system-clock.ts';
import type { Background } from './background.ts';
import type { Health } from './health.ts';

/** Kubernetes kills after 30 s; five are left for what comes before and after. */
export const STOP_SECONDS_MAX = 25;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** What is stopped, and in which order: readiness, requests and consumers, background work, then what all of them used. */
export interface ShutdownParts {
  readonly health: Health;
  readonly background: Background;
  /** Pools, stores and the like, closed one after the other once nothing uses them. */
  readonly closers?: readonly (() => Promise<void>)[];
  /** Time between /readyz turning 503 and the port closing, for load balancers to notice. Default 0. */
  readonly noticeMilliseconds?: number;
  readonly clock?: Clock;
}

/**
 * Stops an application in order: /readyz answers 503; the port closes and requests in flight are answered; Nest's consumers
 * finish their batch; background work stops in reverse order; pools close.
 */
export async function shutDown(app: INestApplicationContext, parts: ShutdownParts): Promise<void> {
  parts.health.markStopping();
  await (parts.clock ?? systemClock).sleep(parts.noticeMilliseconds ?? 0);
  await app.close();
  await parts.background.stop();
  for (const close of parts.closers ?? []) await close();
}

/** How `runUntilSignal` reaches the process; a test gives its own. */
export interface ProcessEdge {
  once(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Waits for SIGTERM or SIGINT, shuts down in order and ends the process: 0 when all stopped, 1 when something failed or the hard
 * limit (25 s by default) passed. A second signal ends it at once with 1.
 */
export async function runUntilSignal(
  app: INestApplicationContext,
  parts: ShutdownParts & { readonly hardLimitSeconds?: number },
  edge: ProcessEdge = process,
): Promise<void> {
  const log = new Logger('Shutdown');
  await new Promise<void>((resolve) => {
    for (const signal of SIGNALS) edge.once(signal, resolve);
  });
  for (const signal of SIGNALS) edge.once(signal, () => edge.exit(1));
  const seconds = parts.hardLimitSeconds ?? STOP_SECONDS_MAX;
  const stopped = new AbortController();
  const outcome = await Promise.race([
    shutDown(app, parts).then(() => 'stopped' as const, (error: unknown) => {
      log.error({ err: error }, 'shutdown failed');
      return 'failed' as const;
    }),
    (parts.clock ?? systemClock).sleep(seconds * 1000, stopped.signal).then(() => 'late' as const),
  ]);
  stopped.abort();
  if (outcome === 'late') log.error(`shutdown took more than ${seconds} seconds`);
  edge.exit(outcome === 'stopped' ? 0 : 1);
}
