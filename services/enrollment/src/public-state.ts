import type { MemberChanged } from '@trebol/contracts';
import type { IdentifierKind } from './identifiers.ts';

/** What the other services may know of a member, at one version. */
export interface PublicState {
  readonly memberId: string;
  readonly status: MemberChanged['status'];
  readonly version: number;
  readonly enrolledAt: number;
  readonly language: 'es' | 'en';
  readonly homeStore: string | null;
  readonly birthMonth: number | null;
  /** The member who goes on, where this one was merged. */
  readonly mergedInto?: string;
  readonly identifiers: readonly { readonly kind: IdentifierKind; readonly token: string; readonly status: 'active' | 'blocked' }[];
  /** Those in force: one for each purpose and channel. The version of the wording is kept, not told. */
  readonly consents: readonly {
    readonly purpose: string; readonly channel: string; readonly granted: boolean; readonly textVersion: string;
  }[];
}

/**
 * The message that says a member changed: the whole state, so that a reader needs no earlier message, and nothing that names a person.
 * Lists are put in a fixed order, so the same state always gives the same text.
 */
export function memberChangedMessage(state: PublicState, change: MemberChanged['change']): MemberChanged {
  return {
    memberId: state.memberId,
    change,
    status: state.status,
    version: state.version,
    enrolledAt: new Date(state.enrolledAt).toISOString(),
    language: state.language,
    ...(state.homeStore === null ? {} : { homeStore: state.homeStore }),
    identifiers: state.identifiers
      .map(({ kind, token, status }) => ({ kind, token, status }))
      .toSorted((a, b) => compareText(a.token, b.token)),
    consents: state.consents
      .map(({ purpose, channel, granted }) => ({ purpose, channel, granted }))
      .toSorted((a, b) => compareText(a.purpose, b.purpose) || compareText(a.channel, b.channel)),
    ...(state.birthMonth === null ? {} : { birthMonth: state.birthMonth }),
    ...(state.mergedInto === undefined ? {} : { mergedInto: state.mergedInto }),
  };
}

/** Month of a day `YYYY-MM-DD`, 1 to 12. */
export const monthOf = (day: string): number => Number(day.slice(5, 7));

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
