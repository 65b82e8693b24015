import { currencyExponent, day, instant, memberId } from '@trebol/contracts';
import type { WalletReading } from '@trebol/points';
import { z } from 'zod';
import type { PointValue } from '../parts.ts';

/** Expiry days shown on a card: more would not be said at a till, and the answer stays under 2 KB. */
const EXPIRING_MAX = 5;
/** Points that lapse within this many days are worth saying. */
const SOON_DAYS = 30;
const DAY_MILLISECONDS = 86_400_000;

/** What a cashier should see at a glance: `pending` points are on their way, `expiringSoon` within 30 days, `debt`, `feeDue` are owed. */
const flag = z.enum(['pending', 'expiringSoon', 'debt', 'feeDue']);
type Flag = z.output<typeof flag>;

const points = z.int().min(0);

/** Answer of `GET /v1/till/member-card`. No name: redemption holds no personal data. */
export const memberCardAnswer = z.strictObject({
  memberId,
  available: points,
  /** What the available points are worth, in minor units, rounded down. */
  moneyValue: z.strictObject({ amount: points, currency: z.string() }),
  expiring: z.array(z.strictObject({ validThrough: day, points })).max(EXPIRING_MAX),
  flags: z.array(flag),
  /** The sentence to say, before the member asks. */
  say: z.strictObject({ es: z.string(), en: z.string() }),
  revision: z.int().min(0),
  asOf: instant,
});
export type MemberCard = z.output<typeof memberCardAnswer>;

/** Makes the card of a wallet as it was read. Pure: the same reading gives the same card. */
export function memberCard(member: string, wallet: WalletReading, value: PointValue): MemberCard {
  const { available } = wallet.balance;
  const money = moneyValue(available, value);
  const expiring = wallet.balance.expiring.slice(0, EXPIRING_MAX).map((lapsing) => ({ ...lapsing }));
  const soonest = expiring[0];
  // By the day in UTC: a sentence may be a few hours early or late, the lots themselves never are.
  const horizon = wallet.asOf + SOON_DAYS * DAY_MILLISECONDS;
  const soon = soonest !== undefined && Date.parse(soonest.validThrough) <= horizon ? soonest : undefined;
  const said: Said = { available, money, currency: value.currency, soon };
  return {
    memberId: member, available, moneyValue: { amount: money, currency: value.currency }, expiring,
    flags: flagsOf(wallet, soon !== undefined),
    say: { es: sentence('es', said), en: sentence('en', said) },
    revision: wallet.revision, asOf: new Date(wallet.asOf).toISOString(),
  };
}

/** Whole minor units that points stand for, rounded down; exact for any safe integer. */
export function moneyValue(available: number, value: PointValue): number {
  return Number((BigInt(available) * BigInt(value.minorUnits)) / BigInt(value.points));
}

function flagsOf({ balance }: WalletReading, expiringSoon: boolean): Flag[] {
  const flags: Flag[] = [];
  if (balance.pending > 0) flags.push('pending');
  if (expiringSoon) flags.push('expiringSoon');
  if (balance.debt > 0) flags.push('debt');
  if (balance.feeDue > 0) flags.push('feeDue');
  return flags;
}

interface Said {
  readonly available: number; readonly money: number; readonly currency: string;
  readonly soon: { readonly validThrough: string; readonly points: number } | undefined;
}

const LOCALE = { es: 'es-ES', en: 'en-GB' } as const;

function sentence(language: 'es' | 'en', { available, money, currency, soon }: Said): string {
  const number = new Intl.NumberFormat(LOCALE[language], { useGrouping: 'always' });
  const count = (n: number): string => {
    const unit = language === 'es' ? (n === 1 ? 'punto' : 'puntos') : n === 1 ? 'point' : 'points';
    return `${number.format(n)} ${unit}`;
  };
  const worth = formatMoney(money, currency, language);
  const base = language === 'es' ? `Tiene ${count(available)}, que valen ${worth}.` : `You have ${count(available)}, worth ${worth}.`;
  if (!soon) return base;
  const dates = new Intl.DateTimeFormat(LOCALE[language], { day: 'numeric', month: 'long', timeZone: 'UTC' });
  const date = dates.format(Date.parse(soon.validThrough));
  return language === 'es'
    ? `${base} ${count(soon.points)} ${soon.points === 1 ? 'vale' : 'valen'} hasta el ${date}.`
    : `${base} ${count(soon.points)} ${soon.points === 1 ? 'is' : 'are'} valid through ${date}.`;
}

/** The currency's own number of decimals, put in as text: no floating point on the way. */
function formatMoney(minor: number, currency: string, language: 'es' | 'en'): string {
  const decimals = currencyExponent(currency);
  const format = new Intl.NumberFormat(LOCALE[language], {
    style: 'currency', currency, minimumFractionDigits: decimals, maximumFractionDigits: decimals,
  });
  const digits = String(minor).padStart(decimals + 1, '0');
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return format.format(text as `${number}`);
}
