import type { MovedHold, MovedLot } from '../commands.ts';
import type { MovingEvent } from '../events-of-moving.ts';
import { fingerprintOf, identity } from '../identity.ts';
import { dayNumber, dayText } from './day.ts';
import { owedAt, owedPairs, readLots, writeLots, type Codecs } from './event-fields.ts';
import { pairs, shortLotId, type Field, type FieldReader } from './fields.ts';

/** How events that take points to another wallet are stored. Field 0 is always `occurredAt`. */
export const MOVING_CODECS: Codecs<MovingEvent> = {
  /** transfer, to, lots as of an earning */
  PointsSent: {
    version: 1,
    write: (event) => [event.transferId, event.to, writeLots(event.lots, by(identity.sending(event.transferId), event.occurredAt))],
    read: (fields) => ({
      transferId: fields.text(1), to: fields.text(2),
      lots: readLots(fields, 3, by(identity.sending(fields.text(1)), fields.integer(0))),
    }),
  },
  /** transfer, from, content, lots as of an earning, [debt repaid], [fee recovered] */
  PointsReceived: {
    version: 1,
    write: (event) => [
      event.transferId, event.from, event.content, writeLots(event.lots, by(identity.receiving(event.transferId), event.occurredAt)),
      ...owedPairs(event),
    ],
    read: (fields) => ({
      transferId: fields.text(1), from: fields.text(2), content: fields.fingerprint(3),
      lots: readLots(fields, 4, by(identity.receiving(fields.text(1)), fields.integer(0))), ...owedAt(fields, 5),
    }),
  },
  /** transfer, [returned], [debt repaid], [fee recovered] */
  PointsTakenBack: {
    version: 1,
    write: (event) => [event.transferId, pairs(event.returned), ...owedPairs(event)],
    read: (fields) => ({ transferId: fields.text(1), returned: fields.allocations(2), ...owedAt(fields, 3) }),
  },
  /** merge, to, debt, fee due, fee paid, [lots], [holds], effects */
  LotsMovedOut: {
    version: 2,
    write: ({ mergeId, to, contents }) => [
      mergeId, to, contents.debt, contents.feeDue, contents.feePaid, contents.lots.map(writeMoved), contents.holds.map(writeHold),
      contents.effects ?? '',
    ],
    read: (fields) => ({
      mergeId: fields.text(1), to: fields.text(2),
      contents: {
        debt: fields.integer(3), feeDue: fields.integer(4), feePaid: fields.integer(5),
        lots: fields.list(6, readMoved), holds: fields.list(7, readHold), effects: fields.text(8),
      },
    }),
  },
  /** merge, from, content, debt, fee due, fee paid, fee returned, [lots], [holds], [debt repaid], [fee recovered], effects */
  LotsMovedIn: {
    version: 2,
    write: (event) => [
      event.mergeId, event.from, event.content, event.debt, event.feeDue, event.feePaid, event.feeReturned, event.lots.map(writeMoved),
      event.holds.map(writeHold), ...owedPairs(event), event.effects,
    ],
    read: (fields) => ({
      mergeId: fields.text(1), from: fields.text(2), content: fields.fingerprint(3), debt: fields.integer(4), feeDue: fields.integer(5),
      feePaid: fields.integer(6), feeReturned: fields.integer(7), lots: fields.list(8, readMoved), holds: fields.list(9, readHold),
      ...owedAt(fields, 10), effects: fields.text(12),
    }),
  },
  /** closing, moved to or empty */
  WalletClosed: {
    version: 1,
    write: (event) => [event.closeId, event.movedTo ?? ''],
    read: (fields) => ({ closeId: fields.text(1), movedTo: fields.text(2) === '' ? null : fields.text(2) }),
  },
};

const by = (knownBy: string, occurredAt: number): { source: string; occurredAt: number } =>
  ({ source: fingerprintOf(knownBy), occurredAt });

/** lot, source, points, held, granted, entitled, expired, forgiven, availableFrom, expiresAt | null, last day | null */
function writeMoved(lot: MovedLot): Field {
  return [
    shortLotId(lot.lotId), lot.source, lot.points, lot.held, lot.granted, lot.entitled, lot.expired, lot.forgiven, lot.availableFrom,
    lot.expiresAt, lot.validThrough === null ? null : dayNumber(lot.validThrough),
  ];
}

function readMoved(lot: FieldReader): MovedLot {
  const day = lot.integerOrNull(10);
  return {
    lotId: lot.lotId(0), source: lot.fingerprint(1), points: lot.integer(2), held: lot.integer(3), granted: lot.integer(4),
    entitled: lot.integer(5), expired: lot.integer(6), forgiven: lot.integer(7), availableFrom: lot.integer(8),
    expiresAt: lot.integerOrNull(9), validThrough: day === null ? null : dayText(day),
  };
}

const writeHold = (hold: MovedHold): Field => [hold.holdId, hold.expiresAt, pairs(hold.allocations)];
const readHold = (hold: FieldReader): MovedHold =>
  ({ holdId: hold.text(0), expiresAt: hold.integer(1), allocations: hold.allocations(2) });
