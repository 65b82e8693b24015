import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { DataSource } from 'typeorm';
import { LoopDelay } from './loop-delay.ts';
import type { Metrics } from './metrics.ts';

/** Milliseconds between looks at the event loop; finer costs processor time and tells nothing more. */
const LOOP_RESOLUTION_MS = 20;

const MICROSECONDS = 1e6;

/** Who this process is. */
export interface ProcessFacts {
  readonly service: string;
  readonly version: string;
}

/**
 * Gives the figures of the process itself: processor, memory, event loop, version. Call once; returns what ends the watch over the
 * event loop.
 */
export function processFigures(metrics: Metrics, { service, version }: ProcessFacts): () => void {
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  delay.enable();
  const loop = new LoopDelay(delay, { resolutionMs: LOOP_RESOLUTION_MS, now: () => performance.now() });
  const beganSeconds = performance.timeOrigin / 1000;
  let counted = 0;
  metrics.gauge('process_resident_memory_bytes', () => {
    const { user, system } = process.cpuUsage();
    // Counters have no reading of their own: processor time is brought up to date whenever memory is asked for.
    const used = (user + system) / MICROSECONDS;
    metrics.count('process_cpu_seconds_total', Math.max(0, used - counted));
    counted = used;
    return [{ value: process.memoryUsage.rss() }];
  });
  metrics.gauge('nodejs_heap_used_bytes', () => [{ value: process.memoryUsage().heapUsed }]);
  metrics.gauge('process_start_time_seconds', () => [{ value: beganSeconds }]);
  metrics.gauge('nodejs_eventloop_delay_p99_seconds', () => [{ value: loop.seconds() }]);
  metrics.gauge('trebol_build_info', () => [{ value: 1, labels: { service, version } }]);
  return () => void delay.disable();
}

interface Pool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** Gives the connections of a data source's pool; a name for each pool of the process. */
export function poolFigures(metrics: Metrics, pool: string, dataSource: DataSource): void {
  metrics.gauge('trebol_database_connections', async () => {
    // Other gauges ask the database in the same moment: a pool hands out its connections in the next turn only, and nobody waits for that.
    await new Promise<void>((done) => { setImmediate(done); });
    const { master } = dataSource.driver as unknown as { master?: Pool };
    if (master === undefined) return [];
    return [
      { value: master.totalCount - master.idleCount, labels: { pool, state: 'used' } },
      { value: master.idleCount, labels: { pool, state: 'idle' } },
      { value: master.waitingCount, labels: { pool, state: 'waiting' } },
    ];
  });
}
