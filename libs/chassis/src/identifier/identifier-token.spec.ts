import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hmacSha256 } from './hmac-sha256.ts';
import { identifierToken, normalisedIdentifier } from './identifier-token.ts';

const key = Buffer.alloc(32, 7);
const card = (value: string) => identifierToken(key, 'main', { kind: 'card', value });

describe('identifier token', () => {
  it.each([
    ['card', ' trb-001 ', 'TRB-001'],
    ['phone', ' +34 600-11 22 33 ', '+34600112233'],
    ['phone', '0034 600 112 233', '+34600112233'],
    ['phone', 'unknown', 'unknown'],
    ['email', ' Ana@Example.ORG ', 'ana@example.org'],
    ['externalId', ' Ab1 ', 'Ab1'],
  ])('given a %s %p, then its one spelling is %p', (kind, value, expected) => {
    expect(normalisedIdentifier({ kind, value })).toBe(expected);
  });

  it('given the same card in other spellings, then the token is the same, 43 characters', () => {
    expect(card(' abc1')).toBe(card('ABC1 '));
    expect(card('ABC1')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('given another key, tenant or kind, then the token is another', () => {
    const all = [card('1'), identifierToken(Buffer.alloc(32, 8), 'main', { kind: 'card', value: '1' }),
      identifierToken(key, 'other', { kind: 'card', value: '1' }), identifierToken(key, 'main', { kind: 'externalId', value: '1' })];
    expect(new Set(all).size).toBe(4);
  });

  it('given the documented formula, then a token is what it says, so that other systems can compute it', () => {
    expect(card('ABC1')).toBe('l_XT_Az_5CyDE6VGGBs4vDaM5ue5-4hy8jTL7faiMW8');
  });

  it('given any key and text, then the HMAC is the one of OpenSSL', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 130 }), fc.string({ unit: 'grapheme' }), (bytes, text) => {
      const any = Buffer.from(bytes);
      expect(hmacSha256(any, text)).toBe(createHmac('sha256', any).update(text).digest('base64url'));
    }));
  });
});
