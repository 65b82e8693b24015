import { defaultProgramme, type Programme } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { WalletId } from '@trebol/points';
import type { PointValue, RedemptionParts } from './parts.ts';

/** Who asks: the tenant of the key, and the key itself for the audit columns. */
export interface Who {
  readonly tenant: string;
  readonly keyId: string;
}

/** Who asks, and the request's Idempotency-Key. */
export interface Asking { readonly who: Who; readonly key: string }

/** The parts with their defaults in place. */
export interface Settings {
  readonly clock: Clock;
  readonly identifierKey: Buffer;
  readonly pointValue: PointValue;
  readonly programme: Programme;
  readonly zone: string;
  /** The member's wallet of the currency, or of another type of the programme. */
  wallet(tenant: string, memberId: string, pointType?: string): WalletId;
}

/** Fills in the defaults. Throws a RangeError for a point value that is not made of positive integers. */
export function settingsOf(parts: RedemptionParts): Settings {
  const pointValue = parts.pointValue ?? { points: 100, minorUnits: 100, currency: 'EUR' };
  const positive = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
  if (!positive(pointValue.points) || !positive(pointValue.minorUnits)) throw new RangeError('the point value must be positive integers');
  const { programme = defaultProgramme } = parts;
  return {
    clock: parts.clock, identifierKey: parts.identifierKey, pointValue, programme, zone: programme.zone,
    wallet: (tenant, member, pointType = programme.currency) => ({ tenant, programme: programme.id, pointType, member }),
  };
}
