import type { NewEvent, RecordedEvent } from '@trebol/event-store';
import { BOOKS_CODECS } from '../books/books-codec.ts';
import type { WalletEvent, WalletEventType } from '../events.ts';
import { fingerprintOf, identity } from '../identity.ts';
import { CARE_CODECS } from './care-codecs.ts';
import { dayNumber, dayText } from './day.ts';
import { owedAt, owedPairs, readLots, writeLots, type Codecs, type EventCodec } from './event-fields.ts';
import { FieldReader, pairs, shortLotId } from './fields.ts';
import { MOVING_CODECS } from './moving-codecs.ts';
import { upcast } from './upcasters.ts';

/** Field 0 is always `occurredAt`. What follows is given with each event; a, b… are alternating lot ids and points. */
const CODECS: Codecs<WalletEvent> = {
  WalletOpened: { version: 1, write: () => [], read: () => ({}) },
  /**
   * kind, key, content, lots, explanation, [debt repaid], [fee recovered]; each lot: points, availableFrom − occurredAt,
   * expiresAt − availableFrom or null, last day or null, and its id if it does not follow from the source.
   */
  PointsEarned: {
    version: 1,
    write: (event) => [
      event.source.kind, event.source.key, event.content, writeLots(event.lots, { source: earning(event), occurredAt: event.occurredAt }),
      event.explanation, ...owedPairs(event),
    ],
    read: (fields) => {
      const source = { kind: fields.text(1), key: fields.text(2) };
      const lots = readLots(fields, 4, { occurredAt: fields.integer(0), source: earning({ source }) });
      return { source, content: fields.fingerprint(3), lots, explanation: fields.text(5), ...owedAt(fields, 6) };
    },
  },
  /**
   * source kind, key, correction kind, key, content, lots [[lot, points, already expired]…], debt incurred, explanation, [taken], and
   * the fee returned if there is any
   */
  PointsReversed: {
    version: 1,
    write: (event) => [
      event.source.kind, event.source.key, event.correction.kind, event.correction.key, event.content,
      event.lots.map((lot) => [shortLotId(lot.lotId), lot.points, lot.alreadyExpired]), event.debtIncurred, event.explanation,
      pairs(event.taken), ...(event.feeReturned === 0 ? [] : [event.feeReturned]),
    ],
    read: (fields) => ({
      source: { kind: fields.text(1), key: fields.text(2) }, correction: { kind: fields.text(3), key: fields.text(4) },
      content: fields.fingerprint(5),
      lots: fields.list(6, (lot) => ({ lotId: lot.lotId(0), points: lot.integer(1), alreadyExpired: lot.integer(2) })),
      debtIncurred: fields.integer(7), explanation: fields.text(8), taken: fields.allocations(9),
      feeReturned: fields.length > 10 ? fields.integer(10) : 0,
    }),
  },
  /** hold, expiresAt, [allocations] */
  HoldPlaced: {
    version: 1,
    write: (event) => [event.holdId, event.expiresAt, pairs(event.allocations)],
    read: (fields) => ({ holdId: fields.text(1), expiresAt: fields.integer(2), allocations: fields.allocations(3) }),
  },
  /** hold, [spent], [returned], [debt repaid], [fee recovered] */
  HoldCaptured: {
    version: 1,
    write: (event) => [event.holdId, pairs(event.spent), pairs(event.returned), ...owedPairs(event)],
    read: (fields) => ({
      holdId: fields.text(1), spent: fields.allocations(2), returned: fields.allocations(3), ...owedAt(fields, 4),
    }),
  },
  /** hold, 1 if it lapsed and 0 if it was let go, [returned], [debt repaid], [fee recovered] */
  HoldReleased: {
    version: 1,
    write: (event) => [event.holdId, event.reason === 'lapsed' ? 1 : 0, pairs(event.returned), ...owedPairs(event)],
    read: (fields) => ({
      holdId: fields.text(1), reason: fields.integer(2) === 1 ? 'lapsed' : 'released', returned: fields.allocations(3),
      ...owedAt(fields, 4),
    }),
  },
  /** redemption, [allocations] */
  PointsRedeemed: {
    version: 1,
    write: (event) => [event.redemptionId, pairs(event.allocations)],
    read: (fields) => ({ redemptionId: fields.text(1), allocations: fields.allocations(2) }),
  },
  /** redemption, cancellation, requested | null, restored [[lot, points, (expiresAt, day)?]…], [debt repaid], [fee recovered] */
  RedemptionCancelled: {
    version: 1,
    write: (event) => [event.redemptionId, event.cancellationId, event.requested, event.restored.map((part) => [
      shortLotId(part.lotId), part.points,
      ...(part.extendedTo === null ? [] : [part.extendedTo.expiresAt, dayNumber(part.extendedTo.validThrough)]),
    ]), ...owedPairs(event)],
    read: (fields) => ({
      redemptionId: fields.text(1), cancellationId: fields.text(2), requested: fields.integerOrNull(3),
      restored: fields.list(4, (part) => ({
        lotId: part.lotId(0), points: part.integer(1),
        extendedTo: part.length > 2 ? { expiresAt: part.integer(2), validThrough: dayText(part.integer(3)) } : null,
      })),
      ...owedAt(fields, 5),
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
  /** lot, [debt repaid], [fee recovered] */
  PointsActivated: {
    version: 1,
    write: (event) => [shortLotId(event.lotId), ...owedPairs(event)],
    read: (fields) => ({ lotId: fields.lotId(1), ...owedAt(fields, 2) }),
  },
  ...CARE_CODECS,
  ...MOVING_CODECS,
  ...BOOKS_CODECS,
};

/** Every event type there is: golden streams must hold each of them. */
export const WALLET_EVENT_TYPES = Object.keys(CODECS) as readonly WalletEventType[];

/** Type, version and data of an event as they are stored. */
export function encodeEvent(event: WalletEvent): Pick<NewEvent, 'type' | 'schemaVersion' | 'data' | 'recordedAt'> {
  const codec = CODECS[event.type] as EventCodec<WalletEvent>;
  const fields = [event.occurredAt, ...codec.write(event)];
  while (isEmptyList(fields.at(-1))) fields.pop();
  return { type: event.type, schemaVersion: codec.version, data: JSON.stringify(fields), recordedAt: event.recordedAt };
}

type StoredEvent = Pick<RecordedEvent, 'type' | 'schemaVersion' | 'data' | 'recordedAt'>;

/** The last one: a reader folds an event and tells of it right after. Both are data that nobody changes. */
let last: { readonly stored: StoredEvent; readonly event: WalletEvent } | undefined;

/** The event a stored one stands for. Throws on a type or a version this build does not know: it must not be read past. */
export function decodeEvent(stored: StoredEvent): WalletEvent {
  if (last?.stored !== stored) last = { stored, event: decoded(stored) };
  return last.event;
}

function decoded(stored: StoredEvent): WalletEvent {
  const codec = (CODECS as Record<string, EventCodec<WalletEvent> | undefined>)[stored.type];
  if (codec === undefined) throw new Error(`This version does not know the wallet event ${stored.type}`);
  if (stored.schemaVersion < 1 || stored.schemaVersion > codec.version) {
    throw new Error(`This version reads ${stored.type} up to version ${codec.version}, not ${stored.schemaVersion}`);
  }
  const fields = new FieldReader(today(stored), stored.type);
  const header = { type: stored.type, occurredAt: fields.integer(0), recordedAt: stored.recordedAt };
  return { ...header, ...codec.read(fields) } as WalletEvent;
}

/** The stored fields as this version writes them. */
function today({ type, schemaVersion, data }: StoredEvent): unknown {
  const fields: unknown = JSON.parse(data);
  return Array.isArray(fields) ? upcast(type as WalletEventType, schemaVersion, fields) : fields;
}

const isEmptyList = (field: unknown): boolean => Array.isArray(field) && field.length === 0;
const earning = ({ source }: { source: { kind: string; key: string } }): string => fingerprintOf(identity.earning(source));
