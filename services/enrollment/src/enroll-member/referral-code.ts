import { createHash } from 'node:crypto';

/**
 * Capitals that nobody mixes up in print or by ear: no vowels (so no words), no I, L, O, S, U, Z that look like digits,
 * no V (in Spanish it sounds as B).
 */
const LETTERS = 'BCDFGHJKMNPQRTWXY';
/** 17^7 = 410 million codes: with ten million members one draw in 41 collides and is drawn again. */
const CODE_LETTERS = 7;

/** Referral code drawn from a seed by SHA-256; the same seed gives the same code. */
export function referralCodeOf(seed: string): string {
  let rest = createHash('sha256').update(`referral\n${seed}`).digest().readBigUInt64BE(0);
  let code = '';
  const base = BigInt(LETTERS.length);
  for (let index = 0; index < CODE_LETTERS; index += 1) {
    code += LETTERS.charAt(Number(rest % base));
    rest /= base;
  }
  return code;
}

/** As people type it: case, spaces and hyphens do not matter. */
export const normaliseReferralCode = (typed: string): string => typed.toUpperCase().replaceAll(/[\s-]/g, '');
