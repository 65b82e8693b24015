import type { Clock } from '@trebol/contracts';
import { systemClock } from './system-clock.ts';

/** A clock that starts at a chosen instant, runs on at the usual pace, and can be moved forward. */
export interface SandboxClock extends Clock {
  /** Moves the clock to that instant (epoch milliseconds) and wakes sleepers that are due. Going back is a RangeError. */
  advanceTo(milliseconds: number): void;
}

/**
 * Clock of `trebol start --clock`: an integrator tries a year in a minute.
 * @param startMs where the clock begins, epoch milliseconds
 * @param base the clock that gives the pace
 */
export function sandboxClock(startMs: number, base: Clock = systemClock): SandboxClock {
  let offsetMs = startMs - base.now();
  const sleepers = new Set<AbortController>();
  const now = () => base.now() + offsetMs;

  async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const dueMs = now() + milliseconds;
    while (now() < dueMs && signal?.aborted !== true) {
      const woken = new AbortController();
      const wake = () => woken.abort();
      signal?.addEventListener('abort', wake, { once: true });
      sleepers.add(woken);
      await base.sleep(dueMs - now(), woken.signal);
      sleepers.delete(woken);
      signal?.removeEventListener('abort', wake);
    }
  }

  function advanceTo(milliseconds: number): void {
    const before = now();
    if (milliseconds < before) throw new RangeError(`a sandbox clock never goes back: it is at ${before}, asked for ${milliseconds}`);
    offsetMs += milliseconds - before;
    // All sleepers are woken, not only those that are due: the others go back to sleep for what is left.
    for (const sleeper of sleepers) sleeper.abort();
  }

  return { now, sleep, advanceTo };
}
