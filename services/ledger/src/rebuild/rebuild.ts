import type { Clock } from '@trebol/contracts';
import type { Checkpoint } from '@trebol/event-store';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { LogFollower } from '../follow-log.ts';
import { LIVE } from '../read-models.ts';
import { indexShadow, isLockTimeout, prepareShadow, swapShadow } from './shadow-tables.ts';

/** Swaps tried before giving up: each waits up to 2 s for readers, so only a reader stuck for ten seconds is in the way. */
const SWAP_ATTEMPTS_MAX = 5;

export interface RebuildProgress {
  readonly phase: 'reading' | 'indexing' | 'swapping' | 'done';
  readonly events: number;
  /** Events that the live read model has taken in so far; null when it is not known. */
  readonly eventsTotal: number | null;
  readonly eventsPerSecond: number;
  readonly secondsLeft: number | null;
}

export interface RebuildParts {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  /** Makes the reader that fills the shadow tables; `onBatch` is told how many events it has taken in. */
  readonly shadow: (onBatch: (events: number) => void) => LogFollower;
}

export interface RebuildOptions {
  /** Throws away what an unfinished rebuild has left, and begins at zero. */
  readonly afresh?: boolean;
  readonly onProgress?: (progress: RebuildProgress) => void;
}

/**
 * Derives balance and entry rows from the log once more, beside the live ones, and swaps them in. Readers and the live
 * projector go on
 * meanwhile; the projector finds its checkpoint moved and continues from there. Broken off, the next call goes on from the last
 * commit.
 * Holds one database connection, and one more for the swap. Memory: the projector's caches.
 */
export class Rebuild {
  constructor(private readonly parts: RebuildParts) {}

  async run(options: RebuildOptions = {}): Promise<RebuildProgress> {
    const { dataSource, clock } = this.parts;
    const began = clock.now();
    let events = 0;
    let total: number | null = null;
    const progress = (phase: RebuildProgress['phase']): RebuildProgress => {
      const seconds = Math.max(clock.now() - began, 1) / 1000;
      const eventsPerSecond = Math.round(events / seconds);
      const left = total === null || eventsPerSecond === 0 ? null : Math.max(0, Math.ceil((total - events) / eventsPerSecond));
      const said: RebuildProgress = { phase, events, eventsTotal: total, eventsPerSecond, secondsLeft: left };
      options.onProgress?.(said);
      return said;
    };
    const runner = dataSource.createQueryRunner();
    try {
      const client = await runner.connect() as ClientBase;
      total = await eventsProjected(client);
      await prepareShadow(client, options.afresh === true);
      const shadow = this.parts.shadow((taken) => { events = taken; progress('reading'); });
      await shadow.catchUp();
      progress('indexing');
      await indexShadow(client);
      progress('swapping');
      await swap(client, shadow);
      return progress('done');
    } finally {
      await runner.release();
    }
  }
}

async function eventsProjected(client: ClientBase): Promise<number | null> {
  const found = await client.query<{ events: string }>('SELECT events FROM ledger.checkpoint WHERE name = $1', [LIVE.checkpoint]);
  return found.rows[0] === undefined ? null : Number(found.rows[0].events);
}

async function swap(client: ClientBase, shadow: LogFollower): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await shadow.catchUp(); // most of what came meanwhile, before anybody has to wait
    try {
      await swapShadow(client, (live) => shadow.catchUp(live as Checkpoint));
      return;
    } catch (error) {
      if (!isLockTimeout(error) || attempt === SWAP_ATTEMPTS_MAX) throw error;
    }
  }
}
