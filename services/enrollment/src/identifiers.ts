import { identifierToken } from '@trebol/chassis';
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js';
import { isMistypedCard } from './card-number.ts';

export type IdentifierKind = 'card' | 'phone' | 'email';

/** As a caller wrote it. */
export interface WrittenIdentifier {
  readonly kind: IdentifierKind;
  readonly value: string;
}

/** In its one spelling, with the token that the other services know it by. */
export interface Identifier extends WrittenIdentifier {
  readonly token: string;
}

/** What spelling depends on: the tenant, the secret of the tokens and the settings of the programme. */
export interface Spelling {
  readonly tenant: string;
  readonly key: Buffer;
  readonly cardPrefix: string;
  readonly phoneCountry: CountryCode;
}

/** Why a value cannot be an identifier of its kind. */
export type Unusable = 'cardFormat' | 'cardCheckDigit' | 'phoneNumber' | 'emailAddress';

/** Longest address that mail servers accept (RFC 5321 §4.5.3.1). */
const EMAIL_CHARACTERS_MAX = 254;
const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/;
/** Any scheme's card: other programmes' numbers, barcodes with letters. */
const CARD = /^[A-Z0-9][A-Z0-9.-]{0,39}$/;

/**
 * The one spelling of an identifier, or why it has none: cards in capitals without spaces, phones in E.164 (a number without
 * country is taken as `phoneCountry`), e-mail trimmed and in lower case (NFC). A number that looks like a card of ours must have
 * the right check digit.
 */
export function spell(written: WrittenIdentifier, how: Spelling): Identifier | Unusable {
  const value = spellValue(written, how);
  if (typeof value !== 'string') return value.unusable;
  return { kind: written.kind, value, token: identifierToken(how.key, how.tenant, { kind: written.kind, value }) };
}

function spellValue({ kind, value }: WrittenIdentifier, how: Spelling): string | { readonly unusable: Unusable } {
  switch (kind) {
    case 'card': {
      const card = value.replaceAll(/\s/g, '').toUpperCase();
      if (!CARD.test(card)) return { unusable: 'cardFormat' };
      return isMistypedCard(how.cardPrefix, card) ? { unusable: 'cardCheckDigit' } : card;
    }
    case 'phone': {
      const phone = parsePhoneNumberFromString(value, how.phoneCountry);
      return phone?.isValid() === true ? phone.number : { unusable: 'phoneNumber' };
    }
    case 'email': {
      const email = value.trim().normalize('NFC').toLowerCase();
      return email.length <= EMAIL_CHARACTERS_MAX && EMAIL.test(email) ? email : { unusable: 'emailAddress' };
    }
    default: {
      const never: never = kind;
      return never;
    }
  }
}
