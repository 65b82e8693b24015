import type { Clock } from '@trebol/contracts';
import { Rounds } from '../lifecycle/rounds.ts';
import type { IdempotencyStore } from './idempotency-store.ts';

/** An hour more or less does not matter: answers are kept for two days. */
const EVERY_MS = 3_600_000;

/** Deletes remembered answers whose time is over, batch by batch, so that their table does not grow without end. */
export function forgetAnswers(store: IdempotencyStore, clock: Clock): Rounds {
  return new Rounds({
    name: 'ForgetAnswers', clock, everyMs: EVERY_MS,
    round: async (signal) => {
      while (!signal.aborted && await store.forgetExpired() > 0);
    },
  });
}
