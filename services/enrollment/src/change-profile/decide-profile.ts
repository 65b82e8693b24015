import { z } from 'zod';
import type { Identifier } from '../identifiers.ts';
import { type GivenConsent, fields } from '../request-fields.ts';
import { type PublicState, monthOf } from '../public-state.ts';

/** Body of `PATCH /v1/members/{id}`: what is left out stays, null removes, a consent is answered anew. */
export const profileChange = z.strictObject({
  name: fields.name.nullable().optional(),
  email: fields.email.nullable().optional(),
  phone: fields.phone.nullable().optional(),
  birthDate: fields.birthDate.nullable().optional(),
  language: fields.language.optional(),
  homeStore: fields.homeStore.nullable().optional(),
  consents: fields.consents.optional(),
});
export type ProfileChange = z.output<typeof profileChange>;

/** Personal data of a member, e-mail and phone with their tokens. */
export interface Person {
  readonly name: string | null;
  readonly email: Identifier | null;
  readonly phone: Identifier | null;
  readonly birthDate: string | null;
}

/** The request with e-mail and phone in their one spelling; undefined: not mentioned. */
export interface SpelledChange extends Omit<ProfileChange, 'email' | 'phone'> {
  readonly email?: Identifier | null | undefined;
  readonly phone?: Identifier | null | undefined;
}

/** What is to be written. */
export interface ProfileDecision {
  readonly person: Person;
  readonly state: PublicState;
  readonly change: 'profileChanged' | 'consentChanged';
  /** The new e-mail or phone names the member from now on, the old one no longer. */
  readonly link: readonly Identifier[];
  readonly unlink: readonly Identifier[];
  /** Answers that differ from those in force. */
  readonly consents: readonly GivenConsent[];
}

/** Decides a change of profile; undefined when everything is so already. */
export function decideProfile(person: Person, state: PublicState, asked: SpelledChange): ProfileDecision | undefined {
  const next: Person = {
    name: patched(asked.name, person.name),
    email: patched(asked.email, person.email),
    phone: patched(asked.phone, person.phone),
    birthDate: patched(asked.birthDate, person.birthDate),
  };
  const consents = newAnswers(state, asked.consents ?? []);
  const language = patched(asked.language, state.language);
  const homeStore = patched(asked.homeStore, state.homeStore);
  const profile = personDiffers(person, next) || language !== state.language || homeStore !== state.homeStore;
  if (!profile && consents.length === 0) return undefined;

  const moved = (['email', 'phone'] as const).filter((kind) => person[kind]?.token !== next[kind]?.token);
  const unlink = moved.flatMap((kind) => person[kind] ?? []);
  return {
    person: next,
    change: profile ? 'profileChanged' : 'consentChanged',
    state: {
      ...state, language, homeStore,
      birthMonth: next.birthDate === null ? null : monthOf(next.birthDate),
      consents: [...state.consents.filter((old) => !consents.some((given) => sameQuestion(old, given))), ...consents],
      // A blocked one stays: it must not come back by way of a profile.
      identifiers: state.identifiers.filter(({ token, status }) => status === 'blocked' || !unlink.some((gone) => gone.token === token)),
    },
    link: moved.flatMap((kind) => next[kind] ?? []),
    unlink,
    consents,
  };
}

/** Left out: as it was. */
const patched = <Value>(asked: Value | undefined, current: Value): Value => (asked === undefined ? current : asked);

/** Of two answers to one question the later counts; one that is in force already, wording and all, is no change. */
function newAnswers(state: PublicState, given: readonly GivenConsent[]): readonly GivenConsent[] {
  const last = [...new Map(given.map((consent) => [`${consent.purpose}\n${consent.channel}`, consent])).values()];
  return last.filter((consent) => !state.consents.some((old) =>
    sameQuestion(old, consent) && old.granted === consent.granted && old.textVersion === consent.textVersion));
}

const sameQuestion = (a: { purpose: string; channel: string }, b: { purpose: string; channel: string }): boolean =>
  a.purpose === b.purpose && a.channel === b.channel;

const personDiffers = (a: Person, b: Person): boolean =>
  a.name !== b.name || a.email?.token !== b.email?.token || a.phone?.token !== b.phone?.token || a.birthDate !== b.birthDate;
