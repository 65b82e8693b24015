import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Spelling } from '../identifiers.ts';
import { drawCodes, enrolment, planEnrolment } from './plan-enrolment.ts';
import { normaliseReferralCode, referralCodeOf } from './referral-code.ts';

const how: Spelling = { tenant: 'main', key: Buffer.alloc(32, 7), cardPrefix: '29', phoneCountry: 'ES' };
const plan = (body: unknown) => planEnrolment(enrolment.parse(body), how);

describe('plan of an enrolment', () => {
  it('given profile e-mail and phone, then they are identifiers too, each once, and a card is to be issued', () => {
    const made = plan({ email: 'ANA@example.es', phone: '612345678', identifiers: [{ kind: 'email', value: 'ana@example.es' }] });
    expect(made).toMatchObject({ email: 'ana@example.es', phone: '+34612345678', issueCard: true });
    expect('identifiers' in made && made.identifiers.map(({ kind }) => kind)).toEqual(['email', 'phone']);
  });

  it('given a card, then none is issued', () => {
    expect(plan({ identifiers: [{ kind: 'card', value: '12345' }] })).toMatchObject({ issueCard: false });
  });

  it('given several fields that cannot be used, then all are pointed at', () => {
    expect(plan({ email: 'x@', phone: '1', identifiers: [{ kind: 'card', value: '12345' }, { kind: 'card', value: '2900000000000' }] }))
      .toEqual([
      { pointer: '/identifiers/1/value', why: 'cardCheckDigit' }, { pointer: '/email', why: 'emailAddress' },
      { pointer: '/phone', why: 'phoneNumber' },
    ]);
  });

  it('given the same fields in another order, then it is the same request; given another value, another', () => {
    const hash = (body: unknown) => {
      const made = plan(body);
      return 'hash' in made ? made.hash.toString('hex') : undefined;
    };
    expect(hash({ name: 'Ana', language: 'es' })).toBe(hash({ language: 'es', name: 'Ana' }));
    expect(hash({ name: 'Ana', language: 'es' })).not.toBe(hash({ name: 'Ana', language: 'en' }));
  });

  it('given any member, then the referral code is seven letters that nobody mixes up, however it is typed', () => {
    fc.assert(fc.property(fc.string(), (seed) => {
      const code = referralCodeOf(seed);
      expect(code).toMatch(/^[BCDFGHJKMNPQRTWXY]{7}$/);
      expect(normaliseReferralCode(` ${code.slice(0, 3).toLowerCase()}-${code.slice(3)} `)).toBe(code);
    }));
  });

  it('given a draw that clashed, when it is drawn again, then both codes are others', () => {
    const [first, second] = [drawCodes('mbr_1', 0, '29'), drawCodes('mbr_1', 1, '29')];
    expect(second.referralCode).not.toBe(first.referralCode);
    expect(second.cardNumber).not.toBe(first.cardNumber);
  });
});
