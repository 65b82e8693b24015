import { createHash } from 'node:crypto';

/** What an id is derived for; part of the hash, so one key gives different ids to different operations. */
export type Operation = 'hold' | 'capture' | 'release' | 'redemption' | 'cancellation' | 'lapse' | 'transfer' | 'adjustment' | 'freeze'
  | 'fee' | 'waiver' | 'forfeiture';

const PREFIX: Record<Operation, string> = {
  hold: 'hld', capture: 'cap', release: 'rel', redemption: 'rdm', cancellation: 'cnl', lapse: 'lps',
  transfer: 'trf', adjustment: 'adj', freeze: 'frz', fee: 'fee', waiver: 'wvr', forfeiture: 'fft',
};

/**
 * Id of what a request makes, derived from (tenant, operation, key): a request that is run again after a crash is the same command,
 * and the wallet answers "already done". 128 bits of SHA-256 behind a typed prefix.
 */
export function derivedId(tenant: string, operation: Operation, key: string): string {
  const digest = createHash('sha256').update(`${tenant}\n${operation}\n${key}`).digest('hex');
  return `${PREFIX[operation]}_${digest.slice(0, 32)}`;
}
