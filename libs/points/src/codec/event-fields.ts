import type { GrantedLot, Owed, WalletEvent } from '../events.ts';
import { lotIdAt, type Fingerprint } from '../identity.ts';
import { dayNumber, dayText } from './day.ts';
import { pairs, shortLotId, type Field, type FieldReader } from './fields.ts';

/**
 * How an event is written: a JSON array by position, because tenant, wallet, type and `recordedAt` are in columns already and a ticket's
 * award is written by the million. Trailing empty lists are left out. New fields go to the end and are read with a default; where there is
 * none, or a meaning changes, the event gets a new `version`, and `upcasters.ts` makes today's fields of the older ones.
 */
export interface EventCodec<Event extends WalletEvent> {
  /** The version that is written. */
  readonly version: number;
  readonly write: (event: Event) => Field[];
  /** Reads the fields of this version. */
  readonly read: (fields: FieldReader) => Omit<Event, 'type' | 'recordedAt' | 'occurredAt'>;
}

export type Codecs<Event extends WalletEvent> = {
  readonly [Type in Event['type']]: EventCodec<Extract<Event, { type: Type }>>;
};

/** [debt repaid], [fee recovered]: always the last two fields, as older events have only the first or none. */
export const owedPairs = (event: Owed): Field[] => [pairs(event.debtRepaid), pairs(event.feeRecovered)];

/** Reads what `owedPairs` wrote from this field on. */
export const owedAt = (fields: FieldReader, index: number): Owed =>
  ({ debtRepaid: fields.allocations(index), feeRecovered: fields.allocations(index + 1) });

/** What lots are written as a difference to: their ids mostly follow from the source. */
interface GrantedBy { readonly source: Fingerprint; readonly occurredAt: number }

/** Points, availableFrom − occurredAt, expiresAt − availableFrom or null, last day or null, and the id if it does not follow. */
export function writeLots(lots: readonly GrantedLot[], { source, occurredAt }: GrantedBy): Field[] {
  return lots.map((lot, ordinal) => [
    lot.points, lot.availableFrom - occurredAt,
    lot.expiresAt === null ? null : lot.expiresAt - lot.availableFrom, lot.validThrough === null ? null : dayNumber(lot.validThrough),
    ...(lot.lotId === lotIdAt(source, ordinal) ? [] : [shortLotId(lot.lotId)]),
  ]);
}

/** Reads what `writeLots` wrote. */
export function readLots(fields: FieldReader, index: number, { source, occurredAt }: GrantedBy): GrantedLot[] {
  let ordinal = 0;
  return fields.list(index, (lot) => {
    const availableFrom = occurredAt + lot.integer(1);
    const [validity, day] = [lot.integerOrNull(2), lot.integerOrNull(3)];
    const lotId = lot.length > 4 ? lot.lotId(4) : lotIdAt(source, ordinal);
    ordinal += 1;
    return {
      lotId, points: lot.integer(0), availableFrom,
      expiresAt: validity === null ? null : availableFrom + validity, validThrough: day === null ? null : dayText(day),
    };
  });
}
