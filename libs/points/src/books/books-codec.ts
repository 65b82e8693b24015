import { checkOf } from '../content.ts';
import { dayNumber, dayText } from '../codec/day.ts';
import { pairs, shortLotId, type Field, type FieldReader } from '../codec/fields.ts';
import { FINGERPRINT_DIGITS } from '../identity.ts';
import { emptyWallet, type Lot, type SeenEffect, type Spending, type Wallet } from '../wallet/state.ts';
import type { BooksClosed, BooksOpened, CarriedOver } from './events-of-books.ts';

/**
 * How the events of the books are written (see `event-codec.ts`). Unlike a snapshot they are read for ever: lists by position, everything
 * else of the wallet as JSON by name, so that a field which is added later is carried without anybody thinking of it, and read with its
 * value in an empty wallet where it is not there.
 */
export const BOOKS_CODECS = {
  /** period, next, hash, wallet, lots, spendings, seen */
  BooksClosed: {
    version: 1,
    write: (event: BooksClosed): Field[] => [event.period, event.next, event.hash, ...writeCarried(event.carried)],
    read: (fields: FieldReader) => ({
      period: fields.integer(1), next: fields.integer(2), hash: fields.text(3), carried: readCarried(fields, 4),
    }),
  },
  /** period, closed period, hash, wallet, lots, spendings, seen */
  BooksOpened: {
    version: 1,
    write: (event: BooksOpened): Field[] => [event.period, event.closed, event.hash, ...writeCarried(event.carried)],
    read: (fields: FieldReader) => ({
      period: fields.integer(1), closed: fields.integer(2), hash: fields.text(3), carried: readCarried(fields, 4),
    }),
  },
} as const;

function writeCarried({ wallet, occurredAt }: CarriedOver): Field[] {
  const { lots, spendings, seen, ...rest } = wallet;
  return [
    JSON.stringify(rest), lots.map(writeLot), spendings.map(writeSpending),
    seen.map((effect, place) => [effect.fingerprint, effect.content.padStart(FINGERPRINT_DIGITS, '0'), effect.revision, occurredAt[place] ?? 0]),
  ];
}

function readCarried(fields: FieldReader, at: number): CarriedOver {
  const rest = JSON.parse(fields.text(at)) as Partial<Wallet>;
  const occurredAt: number[] = [];
  const seen = fields.list(at + 3, (effect): SeenEffect => {
    occurredAt.push(effect.integer(3));
    return { fingerprint: effect.fingerprint(0), content: checkOf(effect.fingerprint(1)), revision: effect.integer(2) };
  });
  const wallet = { ...emptyWallet(), ...rest, lots: fields.list(at + 1, readLot), spendings: fields.list(at + 2, readSpending), seen };
  return { wallet, occurredAt };
}

/** id, source, recorded, granted, entitled, remaining, held, expired, forgiven, availableFrom, activated, expiresAt, last day */
const writeLot = (lot: Lot): Field[] => [
  shortLotId(lot.lotId), lot.source, lot.recorded, lot.granted, lot.entitled, lot.remaining, lot.held, lot.expired, lot.forgiven,
  lot.availableFrom, lot.activated ? 1 : 0, lot.expiresAt, lot.validThrough === null ? null : dayNumber(lot.validThrough),
];

function readLot(lot: FieldReader): Lot {
  const day = lot.integerOrNull(12);
  return {
    lotId: lot.lotId(0), source: lot.fingerprint(1), recorded: lot.integer(2), granted: lot.integer(3), entitled: lot.integer(4),
    remaining: lot.integer(5), held: lot.integer(6), expired: lot.integer(7), forgiven: lot.integer(8), availableFrom: lot.integer(9),
    activated: lot.integer(10) === 1, expiresAt: lot.integerOrNull(11), validThrough: day === null ? null : dayText(day),
  };
}

/** identity, state, hold or '', expiresAt, closed by, restored, [allocations] */
const writeSpending = (spending: Spending): Field[] => [
  spending.fingerprint, spending.state, spending.holdId ?? '', spending.expiresAt, spending.closedBy, spending.restored,
  pairs(spending.allocations),
];

const STATES: ReadonlySet<string> = new Set<Spending['state']>([
  'open', 'captured', 'released', 'lapsed', 'redeemed', 'moved', 'sent', 'takenBack',
]);

function readSpending(spending: FieldReader): Spending {
  const [state, holdId] = [spending.text(1), spending.text(2)];
  if (!STATES.has(state)) throw new TypeError(`The books carry a spending that is ${state}`);
  return {
    fingerprint: spending.fingerprint(0), state: state as Spending['state'], holdId: holdId === '' ? null : holdId,
    expiresAt: spending.integer(3), closedBy: spending.integer(4), allocations: spending.allocations(6), restored: spending.integer(5),
  };
}
