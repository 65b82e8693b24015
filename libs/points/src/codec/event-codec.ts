import type { NewEvent, RecordedEvent } from '@trebol/event-store';
import type { GrantedLot, WalletEvent, WalletEventType } from '../events.ts';
import { fingerprintOf, identity, lotIdAt, type Fingerprint } from '../identity.ts';
import { dayNumber, dayText } from './day.ts';
import { FieldReader, pairs, shortLotId, type Field } from './fields.ts';

/**
 * How an event is written: a JSON array by position, because tenant, wallet, type and `recordedAt` are in columns already and a ticket's
 * award is written by the million. A trailing empty list is left out. New fields go to the end and are read with a default; a change of
 * meaning gets a new `version`, and `read` upcasts the older ones, told apart by the `version` it is given.
 */
interface EventCodec<Event extends WalletEvent> {
  /** The version that is written. */
  readonly version: number;
  readonly write: (event: Event) => Field[];
  readonly read: (fields: FieldReader, version: number) => Omit<Event, 'type' | 'recordedAt' | 'occurredAt'>;
}

type Codecs = { readonly [Type in WalletEventType]: EventCodec<Extract<WalletEvent, { type: Type }>> };

/** Field 0 is always `occurredAt`. What follows is given with each event; a, b… are alternating lot ids and points. */
const CODECS: Codecs = {
  WalletOpened: { version: 1, write: () => [], read: () => ({}) },
  /**
   * kind, key, content, lots, explanation, [debt repaid]; each lot: points, availableFrom − occurredAt, expiresAt − availableFrom or null,
   * last day or null, and its id if it does not follow from the source.
   */
  PointsEarned: {
    version: 1,
    write: (event) => [
      event.source.kind, event.source.key, event.content, writeLots(event.lots, event), event.explanation, pairs(event.debtRepaid),
    ],
    read: (fields) => {
      const source = { kind: fields.text(1), key: fields.text(2) };
      const lots = readLots(fields, { occurredAt: fields.integer(0), source: fingerprintOf(identity.earning(source)) });
      return { source, content: fields.fingerprint(3), lots, explanation: fields.text(5), debtRepaid: fields.allocations(6) };
    },
  },
  /** source kind, key, correction kind, key, content, lots [[lot, points, already expired]…], debt incurred, explanation, [taken] */
  PointsReversed: {
    version: 1,
    write: (event) => [
      event.source.kind, event.source.key, event.correction.kind, event.correction.key, event.content,
      event.lots.map((lot) => [shortLotId(lot.lotId), lot.points, lot.alreadyExpired]), event.debtIncurred, event.explanation,
      pairs(event.taken),
    ],
    read: (fields) => ({
      source: { kind: fields.text(1), key: fields.text(2) }, correction: { kind: fields.text(3), key: fields.text(4) },
      content: fields.fingerprint(5),
      lots: fields.list(6, (lot) => ({ lotId: lot.lotId(0), points: lot.integer(1), alreadyExpired: lot.integer(2) })),
      debtIncurred: fields.integer(7), explanation: fields.text(8), taken: fields.allocations(9),
    }),
  },
  /** hold, expiresAt, [allocations] */
  HoldPlaced: {
    version: 1,
    write: (event) => [event.holdId, event.expiresAt, pairs(event.allocations)],
    read: (fields) => ({ holdId: fields.text(1), expiresAt: fields.integer(2), allocations: fields.allocations(3) }),
  },
  /** hold, [spent], [returned], [debt repaid] */
  HoldCaptured: {
    version: 1,
    write: (event) => [event.holdId, pairs(event.spent), pairs(event.returned), pairs(event.debtRepaid)],
    read: (fields) => ({
      holdId: fields.text(1), spent: fields.allocations(2), returned: fields.allocations(3), debtRepaid: fields.allocations(4),
    }),
  },
  /** hold, 1 if it lapsed and 0 if it was let go, [returned], [debt repaid] */
  HoldReleased: {
    version: 1,
    write: (event) => [event.holdId, event.reason === 'lapsed' ? 1 : 0, pairs(event.returned), pairs(event.debtRepaid)],
    read: (fields) => ({
      holdId: fields.text(1), reason: fields.integer(2) === 1 ? 'lapsed' : 'released', returned: fields.allocations(3),
      debtRepaid: fields.allocations(4),
    }),
  },
  /** redemption, [allocations] */
  PointsRedeemed: {
    version: 1,
    write: (event) => [event.redemptionId, pairs(event.allocations)],
    read: (fields) => ({ redemptionId: fields.text(1), allocations: fields.allocations(2) }),
  },
  /** redemption, cancellation, requested | null, restored [[lot, points, (expiresAt, day)?]…], [debt repaid] */
  RedemptionCancelled: {
    version: 1,
    write: (event) => [event.redemptionId, event.cancellationId, event.requested, event.restored.map((part) => [
      shortLotId(part.lotId), part.points,
      ...(part.extendedTo === null ? [] : [part.extendedTo.expiresAt, dayNumber(part.extendedTo.validThrough)]),
    ]), pairs(event.debtRepaid)],
    read: (fields) => ({
      redemptionId: fields.text(1), cancellationId: fields.text(2), requested: fields.integerOrNull(3),
      restored: fields.list(4, (part) => ({
        lotId: part.lotId(0), points: part.integer(1),
        extendedTo: part.length > 2 ? { expiresAt: part.integer(2), validThrough: dayText(part.integer(3)) } : null,
      })),
      debtRepaid: fields.allocations(5),
    }),
  },
  /** lot, points, expiresAt, expired before */
  PointsExpired: {
    version: 1,
    write: (event) => [shortLotId(event.lotId), event.points, event.expiresAt, event.expiredBefore],
    read: (fields) => ({
      lotId: fields.lotId(1), points: fields.integer(2), expiresAt: fields.integer(3), expiredBefore: fields.integer(4),
    }),
  },
  /** lot, [debt repaid] */
  PointsActivated: {
    version: 1,
    write: (event) => [shortLotId(event.lotId), pairs(event.debtRepaid)],
    read: (fields) => ({ lotId: fields.lotId(1), debtRepaid: fields.allocations(2) }),
  },
};

/** Every event type there is: golden streams must hold each of them. */
export const WALLET_EVENT_TYPES = Object.keys(CODECS) as readonly WalletEventType[];

/** Type, version and data of an event as they are stored. */
export function encodeEvent(event: WalletEvent): Pick<NewEvent, 'type' | 'schemaVersion' | 'data' | 'recordedAt'> {
  const codec = CODECS[event.type] as EventCodec<WalletEvent>;
  const fields = [event.occurredAt, ...codec.write(event)];
  const last = fields.at(-1);
  if (Array.isArray(last) && last.length === 0) fields.pop();
  return { type: event.type, schemaVersion: codec.version, data: JSON.stringify(fields), recordedAt: event.recordedAt };
}

/** The event a stored one stands for. Throws on a type or a version this build does not know: it must not be read past. */
export function decodeEvent(stored: Pick<RecordedEvent, 'type' | 'schemaVersion' | 'data' | 'recordedAt'>): WalletEvent {
  const codec = (CODECS as Record<string, EventCodec<WalletEvent> | undefined>)[stored.type];
  if (codec === undefined) throw new Error(`This version does not know the wallet event ${stored.type}`);
  if (stored.schemaVersion < 1 || stored.schemaVersion > codec.version) {
    throw new Error(`This version reads ${stored.type} up to version ${codec.version}, not ${stored.schemaVersion}`);
  }
  const fields = new FieldReader(JSON.parse(stored.data), stored.type);
  const header = { type: stored.type, occurredAt: fields.integer(0), recordedAt: stored.recordedAt };
  return { ...header, ...codec.read(fields, stored.schemaVersion) } as WalletEvent;
}

function writeLots(lots: readonly GrantedLot[], event: { source: { kind: string; key: string }; occurredAt: number }): Field[] {
  const source = fingerprintOf(identity.earning(event.source));
  return lots.map((lot, ordinal) => [
    lot.points, lot.availableFrom - event.occurredAt,
    lot.expiresAt === null ? null : lot.expiresAt - lot.availableFrom, lot.validThrough === null ? null : dayNumber(lot.validThrough),
    ...(lot.lotId === lotIdAt(source, ordinal) ? [] : [shortLotId(lot.lotId)]),
  ]);
}

function readLots(fields: FieldReader, event: { source: Fingerprint; occurredAt: number }): GrantedLot[] {
  let ordinal = 0;
  return fields.list(4, (lot) => {
    const availableFrom = event.occurredAt + lot.integer(1);
    const [validity, day] = [lot.integerOrNull(2), lot.integerOrNull(3)];
    const lotId = lot.length > 4 ? lot.lotId(4) : lotIdAt(event.source, ordinal);
    ordinal += 1;
    return {
      lotId, points: lot.integer(0), availableFrom,
      expiresAt: validity === null ? null : availableFrom + validity, validThrough: day === null ? null : dayText(day),
    };
  });
}
