import { identifierToken } from '@trebol/chassis';
import type { Identification } from '@trebol/contracts';

/** Tokens kept in memory, by what was shown at the till: an HMAC costs more than all the rest of naming a ticket. About 200 bytes each. */
const TOKENS_KEPT_MAX = 50_000;

/**
 * Names an identifier by its token. `member` is our own id and names itself. The values stay in this process's memory, bounded, and
 * are written nowhere.
 */
export function tokensOf(key: Buffer): (tenant: string, identification: Identification) => string {
  const kept = new Map<string, string>();
  return (tenant, { kind, value }) => {
    if (kind === 'member') return value;
    const name = `${tenant}\n${kind}\n${value}`;
    const known = kept.get(name);
    if (known !== undefined) return known;
    const token = identifierToken(key, tenant, { kind, value });
    if (kept.size >= TOKENS_KEPT_MAX) kept.clear();
    kept.set(name, token);
    return token;
  };
}
