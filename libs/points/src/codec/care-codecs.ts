import type { CareEvent, PointsForfeited } from '../events-of-care.ts';
import { fingerprintOf, identity } from '../identity.ts';
import { dayNumber, dayText } from './day.ts';
import { owedAt, owedPairs, readLots, writeLots, type Codecs } from './event-fields.ts';
import { pairs, shortLotId, type FieldReader } from './fields.ts';

const FORFEIT_REASONS: readonly PointsForfeited['reason'][] = ['closure', 'fraud', 'erasure'];

/** How events of those who look after a wallet are stored. Field 0 is always `occurredAt`. */
export const CARE_CODECS: Codecs<CareEvent> = {
  /** kind, key, reason, by, approved by or empty, note, lots as of an earning (one or none), [taken], [debt repaid], [fee recovered] */
  PointsAdjusted: {
    version: 1,
    write: (event) => [
      event.source.kind, event.source.key, event.reasonCode, event.by, event.approvedBy ?? '', event.note,
      writeLots(event.granted === null ? [] : [event.granted], {
        source: fingerprintOf(identity.adjustment(event.source)), occurredAt: event.occurredAt,
      }),
      pairs(event.taken), ...owedPairs(event),
    ],
    read: (fields) => {
      const source = sourceAt(fields);
      const by = { source: fingerprintOf(identity.adjustment(source)), occurredAt: fields.integer(0) };
      const approvedBy = fields.text(5);
      return {
        source, reasonCode: fields.text(3), by: fields.text(4), approvedBy: approvedBy === '' ? null : approvedBy, note: fields.text(6),
        granted: readLots(fields, 7, by)[0] ?? null, taken: fields.allocations(8), ...owedAt(fields, 9),
      };
    },
  },
  /** kind, key, points, [fee recovered] */
  CardFeeCharged: {
    version: 1,
    write: (event) => [event.source.kind, event.source.key, event.points, pairs(event.feeRecovered)],
    read: (fields) => ({ source: sourceAt(fields), points: fields.integer(3), feeRecovered: fields.allocations(4) }),
  },
  /** kind, key, requested | null, points */
  CardFeeWaived: {
    version: 1,
    write: (event) => [event.source.kind, event.source.key, event.requested, event.points],
    read: (fields) => ({ source: sourceAt(fields), requested: fields.integerOrNull(3), points: fields.integer(4) }),
  },
  /** kind, key, expiresAt, last day, [[lot]…] */
  PointsExtended: {
    version: 1,
    write: (event) => [
      event.source.kind, event.source.key, event.validity.expiresAt, dayNumber(event.validity.validThrough),
      event.lotIds.map((lotId) => [shortLotId(lotId)]),
    ],
    read: (fields) => ({
      source: sourceAt(fields), validity: { expiresAt: fields.integer(3), validThrough: dayText(fields.integer(4)) },
      lotIds: fields.list(5, (lot) => lot.lotId(0)),
    }),
  },
  /** freeze, 1 for all and 0 for spending, reason */
  WalletFrozen: {
    version: 1,
    write: (event) => [event.freezeId, event.mode === 'all' ? 1 : 0, event.reason],
    read: (fields) => ({ freezeId: fields.text(1), mode: fields.integer(2) === 1 ? 'all' : 'spending', reason: fields.text(3) }),
  },
  /** freeze */
  WalletUnfrozen: {
    version: 1,
    write: (event) => [event.freezeId],
    read: (fields) => ({ freezeId: fields.text(1) }),
  },
  /** forfeiture, place of its reason, debt written off, fee waived, [lots] */
  PointsForfeited: {
    version: 1,
    write: (event) => [
      event.forfeitId, FORFEIT_REASONS.indexOf(event.reason), event.debtWrittenOff, event.feeWaived, pairs(event.lots),
    ],
    read: (fields) => ({
      forfeitId: fields.text(1), reason: FORFEIT_REASONS[fields.integer(2)] ?? unknownReason(fields.integer(2)),
      debtWrittenOff: fields.integer(3), feeWaived: fields.integer(4), lots: fields.allocations(5),
    }),
  },
};

const sourceAt = (fields: FieldReader): { kind: string; key: string } => ({ kind: fields.text(1), key: fields.text(2) });

function unknownReason(place: number): never {
  throw new TypeError(`No reason of a forfeiture has the number ${place}`);
}
