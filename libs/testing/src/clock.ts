import type { Clock, Ids } from '@trebol/contracts';

/** A clock that moves only when a test says so. */
export interface FixedClock extends Clock {
  /** Sets the time, forwards or backwards; sleepers that are due wake up. */
  set(to: number | string): void;
  advance(milliseconds: number): void;
}

interface Sleeper { readonly until: number; readonly wake: () => void }

const instantOf = (at: number | string): number => (typeof at === 'number' ? at : Date.parse(at));

/** A clock that stands at `start` (milliseconds or RFC 3339). */
export function fixedClock(start: number | string): FixedClock {
  let now = instantOf(start);
  const sleepers = new Set<Sleeper>();
  const move = (to: number): void => {
    now = to;
    for (const sleeper of sleepers) if (sleeper.until <= now) sleeper.wake();
  };
  return {
    now: () => now,
    set: (to) => move(instantOf(to)),
    advance: (milliseconds) => move(now + milliseconds),
    sleep: (milliseconds, signal) => new Promise((done) => {
      const sleeper: Sleeper = { until: now + milliseconds, wake: () => { sleepers.delete(sleeper); done(); } };
      if (milliseconds <= 0 || signal?.aborted) { done(); return; }
      sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    }),
  };
}

/** Real time, for tests of parts that wait on a real server. */
export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) => new Promise((done) => {
    if (signal?.aborted) { done(); return; }
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', () => { clearTimeout(timer); done(); }, { once: true });
  }),
};

/** Ids in a fixed sequence, well-formed (version 7) and the same in every run. */
export function sequentialIds(seed = 1): Ids {
  let next = seed;
  const uuid = (): string => {
    const tail = (next++).toString(16).padStart(12, '0');
    return `00000000-0000-7000-8000-${tail}`;
  };
  return { uuid, prefixed: (prefix) => `${prefix}_${uuid().replaceAll('-', '')}` };
}
