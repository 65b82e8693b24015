import type { Clock } from '@trebol/contracts';

/** Node's timers hold 31 bits of milliseconds; a longer wait is made of several. */
const TIMER_MILLISECONDS_MAX = 2 ** 31 - 1;

function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done, { once: true });
  });
}

async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  let left = milliseconds;
  while (left > 0 && signal?.aborted !== true) {
    const part = Math.min(left, TIMER_MILLISECONDS_MAX);
    await wait(part, signal);
    left -= part;
  }
}

/** The machine's clock. Only composition roots use it; everybody else is given a `Clock`. */
export const systemClock: Clock = { now: () => Date.now(), sleep };
