import type { Clock, Ids } from '@trebol/contracts';
import { CARD_PREFIX_DEFAULT, checkCardPrefix } from './card-number.ts';
import type { Spelling } from './identifiers.ts';
import type { EnrollmentParts } from './parts.ts';

/** Who asks: the tenant of the key, and the key itself for the audit columns. */
export interface Who {
  readonly tenant: string;
  readonly keyId: string;
}

/** The parts with their defaults in place. */
export interface Settings {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly cardPrefix: string;
  readonly language: 'es' | 'en';
  spelling(tenant: string): Spelling;
}

/** Fills in the defaults. Throws a RangeError for a card prefix that is not 1 to 4 digits. */
export function settingsOf(parts: EnrollmentParts): Settings {
  const cardPrefix = checkCardPrefix(parts.cardPrefix ?? CARD_PREFIX_DEFAULT);
  const phoneCountry = parts.phoneCountry ?? 'ES';
  return {
    clock: parts.clock, ids: parts.ids, cardPrefix, language: parts.language ?? 'es',
    spelling: (tenant) => ({ tenant, key: parts.identifierKey, cardPrefix, phoneCountry }),
  };
}
