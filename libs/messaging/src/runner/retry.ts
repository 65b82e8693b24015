import type { Clock } from '@trebol/contracts';

/** Pause after a first failed attempt; doubles with each further one. Long enough for a lock or a failover to begin to clear. */
export const RETRY_PAUSE_MS_MIN = 100;
/** Longest pause between attempts: a dependency that is back is noticed within half a minute. */
export const RETRY_PAUSE_MS_MAX = 30_000;
/** From this attempt on a partition counts as in trouble and is reported; it is tried for ever all the same. */
export const TROUBLE_ATTEMPTS = 5;

/** A partition that cannot go on for now. Nothing of it is skipped. */
export interface Trouble {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly attempts: number;
  readonly error: unknown;
}

export interface RetryPolicy {
  readonly clock: Clock;
  /** Numbers from 0 to below 1; without it pauses have no jitter. */
  readonly random?: (() => number) | undefined;
}

/** Pause before attempt `attempts + 1`: exponential, capped, and with jitter between half and the whole of it. */
export function pauseMs(attempts: number, random?: () => number): number {
  const full = Math.min(RETRY_PAUSE_MS_MAX, RETRY_PAUSE_MS_MIN * 2 ** Math.min(attempts - 1, 20));
  return random ? Math.ceil(full * (0.5 + random() / 2)) : full;
}

export type Retried<T> = { readonly done: true; readonly value: T } | { readonly done: false };

/** Tries until it works or `signal` aborts. `onFailure` hears of every failed attempt. */
export async function retried<T>(
  work: () => Promise<T>, policy: RetryPolicy,
  { signal, onFailure }: { signal: AbortSignal; onFailure(attempts: number, error: unknown): void },
): Promise<Retried<T>> {
  for (let attempts = 1; !signal.aborted; attempts++) {
    try {
      return { done: true, value: await work() };
    } catch (error) {
      onFailure(attempts, error);
      await policy.clock.sleep(pauseMs(attempts, policy.random), signal);
    }
  }
  return { done: false };
}
