import { systemClock } from '../clock/system-clock.ts';
import { Rounds } from '../lifecycle/rounds.ts';
import type { ApiKeys } from './api-keys.ts';

/** An hour more or less does not matter: ended keys are kept for a month. */
const EVERY_MS = 3_600_000;

/** Deletes keys that ended long ago, such as those of commands, so that their table does not grow without end. */
export function forgetKeys(keys: Pick<ApiKeys, 'forgetEnded'>): Rounds {
  return new Rounds({ name: 'ForgetKeys', clock: systemClock, everyMs: EVERY_MS, round: () => keys.forgetEnded() });
}
