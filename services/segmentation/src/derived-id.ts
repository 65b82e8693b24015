import { createHash } from 'node:crypto';

/** What an id is derived for, and its typed prefix. */
const PREFIX = { run: 'run', export: 'exp', facts: 'fct' } as const;

/**
 * Id of what a request makes, derived from tenant and Idempotency-Key: work that is done again after a crash finds what was
 * done. 128 bits of SHA-256 behind a typed prefix.
 */
export function derivedId(what: keyof typeof PREFIX, tenant: string, key: string): string {
  const digest = createHash('sha256').update(`${tenant}\nsegmentation.${what}\n${key}`).digest('hex');
  return `${PREFIX[what]}_${digest.slice(0, 32)}`;
}
