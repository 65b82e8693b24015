import type {
  ActivateLots, CancelRedemption, CaptureHold, EarnPoints, ExpireLots, LapseHold, LotGrant, OpenWallet, PlaceHold, RedeemPoints,
  ReleaseHold, ReverseEarning, Source,
} from '../commands.ts';
import type { CalendarDays, ProgrammePolicy, ReversalPolicy } from '../decide/verdict.ts';
import type { ExpiryCalendar } from '../expiry/expiry-policy.ts';
import { lotIdOf } from '../identity.ts';

/** Short ways to say commands in specs. Times are RFC 3339 texts or milliseconds. */
export type When = string | number;

export const MINUTE = 60_000;
export const DAY = 86_400_000;

/** Milliseconds of an instant; a bare day is its midnight. */
export function t(when: When): number {
  const ms = typeof when === 'number' ? when : Date.parse(when.length === 10 ? `${when}T00:00:00Z` : when);
  if (Number.isNaN(ms)) throw new RangeError(`No instant: ${when}`);
  return ms;
}

/** Calendar of a zone that is always UTC. */
export const utc: CalendarDays = {
  dayOf: (at) => new Date(at).toISOString().slice(0, 10),
  addDays: (day, days) => new Date(t(day) + days * DAY).toISOString().slice(0, 10),
  endOfDay: (day) => t(day) + DAY,
};

/** The same with months, which clamp (G11). */
export const utcMonths: ExpiryCalendar = {
  ...utc,
  addMonths: (day, months) => {
    const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
    const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
    return new Date(Date.UTC(year, month - 1 + months, Math.min(date, last))).toISOString().slice(0, 10);
  },
};

export const policy = (reversal: ReversalPolicy = 'unlimited'): ProgrammePolicy => ({ reversal, calendar: utc });

export const ticket = (key: string): Source => ({ kind: 'ticket', key });

/** Last day of lots that say nothing else. */
export const THROUGH = '2027-06-30';

export interface LotWish { readonly points: number; readonly from?: When; readonly through?: string | null }

/** The nth lot of a ticket: available at once and valid to THROUGH unless said otherwise. */
export function lot(source: Source, ordinal: number, wish: LotWish): LotGrant {
  const through = wish.through === undefined ? THROUGH : wish.through;
  return {
    lotId: lotIdOf(source, ordinal), points: wish.points, availableFrom: t(wish.from ?? '2026-01-01'),
    expiresAt: through === null ? null : utc.endOfDay(through), validThrough: through,
  };
}

const header = (commandId: string, at: When = '2026-02-10T12:00:00Z') => ({ commandId, occurredAt: t(at) });

export const openWallet = (): OpenWallet => ({ type: 'OpenWallet', ...header('open') });

/** One lot with so many points, or the lots given. */
export function earn(key: string, lots: number | readonly LotWish[], contentHash = `content of ${key}`): EarnPoints {
  const source = ticket(key);
  const wishes = typeof lots === 'number' ? [{ points: lots }] : lots;
  return {
    type: 'EarnPoints', ...header(`earn ${key}`), source, contentHash, lots: wishes.map((wish, ordinal) => lot(source, ordinal, wish)),
    explanation: `[{"kind":"perAmount","rule":"base","granted":"${key}"}]`,
  };
}

/** Takes so many points of the ticket's first lot, or of each lot in turn. */
export function giveBack(key: string, correction: string, points: number | readonly number[]): ReverseEarning {
  const source = ticket(key);
  const each = typeof points === 'number' ? [points] : points;
  return {
    type: 'ReverseEarning', ...header(`reverse ${correction}`), source, correction: ticket(correction),
    contentHash: `content of ${correction}`, explanation: '[]',
    lots: each.map((part, ordinal) => ({ lotId: lotIdOf(source, ordinal), points: part })).filter((part) => part.points > 0),
  };
}

export const hold = (holdId: string, points: number, expiresAt: When): PlaceHold =>
  ({ type: 'PlaceHold', ...header(`hold ${holdId}`), holdId, points, expiresAt: t(expiresAt) });
export const capture = (holdId: string, points?: number): CaptureHold =>
  ({ type: 'CaptureHold', ...header(`capture ${holdId}`), holdId, points });
export const release = (holdId: string): ReleaseHold => ({ type: 'ReleaseHold', ...header(`release ${holdId}`), holdId });
export const lapse = (holdId: string): LapseHold => ({ type: 'LapseHold', ...header(`lapse ${holdId}`), holdId });
export const redeem = (redemptionId: string, points: number): RedeemPoints =>
  ({ type: 'RedeemPoints', ...header(`redeem ${redemptionId}`), redemptionId, points });
export const cancel = (redemptionId: string, cancellationId: string, points?: number): CancelRedemption =>
  ({ type: 'CancelRedemption', ...header(`cancel ${cancellationId}`), redemptionId, cancellationId, points });
export const expireLots = (asOf: When): ExpireLots => ({ type: 'ExpireLots', ...header('expire', asOf), asOf: t(asOf) });
export const activateLots = (asOf: When): ActivateLots => ({ type: 'ActivateLots', ...header('activate', asOf), asOf: t(asOf) });
