import type { MovedHold, MovedLot } from '../commands.ts';
import { FINGERPRINT_DIGITS, fingerprintOf, identity, type Fingerprint } from '../identity.ts';
import { EFFECTS_MOVED_MAX } from '../limits.ts';
import type { Brought, Wallet } from './state.ts';

/** What a merge brings along beside lots and holds: which facts are counted already. Fingerprints one behind the other, so that it stays small. */

/** True when the fact happened in a wallet that was merged into this one. */
export function cameAlong({ brought }: Wallet, fact: Fingerprint): boolean {
  return brought.some(({ effects }) => isAmong(effects, fact));
}

function isAmong(effects: string, fact: Fingerprint): boolean {
  for (let at = effects.indexOf(fact); at >= 0; at = effects.indexOf(fact, at + 1)) {
    if (at % FINGERPRINT_DIGITS === 0) return true;
  }
  return false;
}

/** Fingerprints of so many merges. */
export function broughtBy(merges: readonly Brought[]): Fingerprint[] {
  return merges.flatMap(({ effects }) =>
    Array.from({ length: countOf(effects) }, (_, place) => effects.slice(place * FINGERPRINT_DIGITS, (place + 1) * FINGERPRINT_DIGITS)));
}

/** How many there are. */
export const countOf = (effects: string): number => effects.length / FINGERPRINT_DIGITS;

/** All that a wallet remembers, to go along when it is moved out: the newest, as many as one event holds. */
export function effectsToMove({ brought, seen }: Wallet): string {
  const all = [...brought.map(({ effects }) => effects), ...seen.map((effect) => effect.fingerprint)].join('');
  return all.slice(-EFFECTS_MOVED_MAX * FINGERPRINT_DIGITS);
}

/** What an older version, which moved no effects, says of them all the same: the earnings of the lots and the holds. */
export function effectsOf(
  lots: readonly Pick<MovedLot, 'source'>[], holds: readonly Pick<MovedHold, 'holdId'>[],
): string {
  return [...new Set([...lots.map(({ source }) => source), ...holds.map(({ holdId }) => fingerprintOf(identity.spending(holdId)))])].join('');
}
