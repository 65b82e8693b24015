import { hmacSha256 } from './hmac-sha256.ts';

/** What a customer shows to be recognised: a card, a phone, an e-mail address, or a kind the chain made up. */
export interface MemberIdentifier {
  readonly kind: string;
  readonly value: string;
}

function phoneDigits(text: string): string {
  const digits = text.replace(/\D/g, '');
  // Text without a digit keeps its letters: two unreadable phones must never become one person.
  if (digits === '') return text;
  return `+${text.startsWith('+') ? digits : digits.replace(/^00/, '')}`;
}

/** One spelling for each identifier: card trimmed in capitals, phone `+` and digits, e-mail trimmed in small letters, others trimmed. */
export function normalisedIdentifier(identifier: MemberIdentifier): string {
  const text = identifier.value.trim();
  switch (identifier.kind) {
    case 'card':
      return text.toUpperCase();
    case 'phone':
      return phoneDigits(text);
    case 'email':
      return text.toLowerCase();
    default:
      return text;
  }
}

/**
 * The name under which everybody but enrollment knows an identifier: base64url(HMAC-SHA256(key, tenant, kind, normalised
 * value)), 43 characters. Without the key it neither shows nor confirms the identifier.
 */
export function identifierToken(key: Buffer, tenant: string, identifier: MemberIdentifier): string {
  return hmacSha256(key, `${tenant}\n${identifier.kind}\n${normalisedIdentifier(identifier)}`);
}
