import { describe, expect, it } from '@jest/globals';
import { type IdentifierKind, type Spelling, spell } from './identifiers.ts';

const how: Spelling = { tenant: 'main', key: Buffer.alloc(32, 7), cardPrefix: '29', phoneCountry: 'ES' };
const spelled = (kind: IdentifierKind, value: string, as: Spelling = how) => {
  const result = spell({ kind, value }, as);
  return typeof result === 'string' ? result : result.value;
};

describe('spelling of identifiers', () => {
  it.each([
    ['phone', '612 345 678', '+34612345678'], ['phone', '+34 612-345-678', '+34612345678'], ['phone', '0034612345678', '+34612345678'],
    ['phone', '+44 20 7946 0958', '+442079460958'],
    ['email', '  Ana.Ruiz@Example.ES ', 'ana.ruiz@example.es'],
    ['card', ' ab 12-3 ', 'AB12-3'], ['card', '12345', '12345'],
  ] as const)('given the %s "%s", then it is spelled "%s"', (kind, written, value) => {
    expect(spelled(kind, written)).toBe(value);
  });

  it.each([
    ['phone', '12', 'phoneNumber'], ['phone', 'not a phone', 'phoneNumber'],
    ['email', 'ana@', 'emailAddress'], ['email', 'a b@c.es', 'emailAddress'],
    ['email', `${'a'.repeat(250)}@example.es`, 'emailAddress'], ['card', 'ñandú', 'cardFormat'], ['card', '9'.repeat(41), 'cardFormat'],
    ['card', '2900000000000', 'cardCheckDigit'],
  ] as const)('given the %s "%s", then it is unusable: %s', (kind, written, why) => {
    expect(spelled(kind, written)).toBe(why);
  });

  it('given another default country, then a number without country is of that country', () => {
    expect(spelled('phone', '020 7946 0958', { ...how, phoneCountry: 'GB' })).toBe('+442079460958');
  });

  it('given two spellings of one phone, then the token is one; given another tenant or kind, another', () => {
    const token = (kind: IdentifierKind, value: string, tenant = 'main') => {
      const result = spell({ kind, value }, { ...how, tenant });
      return typeof result === 'string' ? result : result.token;
    };
    expect(token('phone', '612 345 678')).toBe(token('phone', '+34612345678'));
    expect(token('phone', '612 345 678')).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(token('phone', '612 345 678', 'other')).not.toBe(token('phone', '612 345 678'));
    expect(token('card', '34612345678')).not.toBe(token('phone', '+34612345678'));
  });
});
