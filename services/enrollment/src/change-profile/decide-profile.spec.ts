import { describe, expect, it } from '@jest/globals';
import type { Identifier } from '../identifiers.ts';
import type { PublicState } from '../public-state.ts';
import { type Person, decideProfile } from './decide-profile.ts';

const email = (name: string): Identifier => ({ kind: 'email', value: `${name}@example.es`, token: name.padEnd(43, '_') });
const ana = email('ana');
const person: Person = { name: 'Ana', email: ana, phone: null, birthDate: '1980-02-29' };
const state: PublicState = {
  memberId: 'mbr_1', status: 'active', version: 4, enrolledAt: 0, language: 'es', homeStore: null, birthMonth: 2,
  identifiers: [{ kind: 'email', token: ana.token, status: 'active' }],
  consents: [{ purpose: 'offers', channel: 'email', granted: true, textVersion: 'v1' }],
};

describe('change of profile', () => {
  it('given what is so already, when it is said again, then nothing changes', () => {
    expect(decideProfile(person, state, {})).toBeUndefined();
    expect(decideProfile(person, state, {
      name: 'Ana', email: ana, phone: null, birthDate: '1980-02-29', language: 'es', homeStore: null,
      consents: [{ purpose: 'offers', channel: 'email', granted: true, textVersion: 'v1' }],
    })).toBeUndefined();
  });

  it('given an e-mail address, when another comes, then the new one names the member and the old one no longer', () => {
    const decision = decideProfile(person, state, { email: email('ruiz') });
    expect(decision).toMatchObject({ change: 'profileChanged', link: [email('ruiz')], unlink: [ana] });
    expect(decision?.state.identifiers).toEqual([]);
    expect(decision?.person.name).toBe('Ana');
  });

  it('given a blocked e-mail address, when the profile drops it, then it stays blocked', () => {
    const blocked: PublicState = { ...state, identifiers: [{ kind: 'email', token: ana.token, status: 'blocked' }] };
    expect(decideProfile(person, blocked, { email: null })?.state.identifiers).toEqual(blocked.identifiers);
  });

  it('given a day of birth, when it is removed, then the month goes too', () => {
    expect(decideProfile(person, state, { birthDate: null })?.state.birthMonth).toBeNull();
    expect(decideProfile(person, state, { birthDate: '1980-12-01' })?.state.birthMonth).toBe(12);
  });

  it('given a consent, when it is taken back, then only that answer changes; of two answers the later counts', () => {
    const answer = (granted: boolean) => ({ purpose: 'offers', channel: 'email', granted, textVersion: 'v1' });
    expect(decideProfile(person, state, { consents: [answer(false)] })).toMatchObject({
      change: 'consentChanged', consents: [answer(false)], state: { consents: [answer(false)] }, link: [], unlink: [],
    });
    expect(decideProfile(person, state, { consents: [answer(false), answer(true)] })).toBeUndefined();
  });

  it('given a consent to an older wording, when the new wording is accepted, then that is recorded', () => {
    const again = { purpose: 'offers', channel: 'email', granted: true, textVersion: 'v2' };
    expect(decideProfile(person, state, { consents: [again] })?.consents).toEqual([again]);
  });
});
