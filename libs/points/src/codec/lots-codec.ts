import { FINGERPRINT_DIGITS, lotIdAt, type Fingerprint } from '../identity.ts';
import type { Lot, SeenEffect, Wallet } from '../wallet/state.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { dayNumber, dayText } from './day.ts';
import { shortLotId } from './fields.ts';

const ACTIVATED = 1;
const EXPIRES = 2;
/** Its points or entitlement are no longer as granted. */
const TOUCHED = 4;
/** Granted by the effect seen at the same revision, with the id that follows from it: neither is written. */
const AS_EARNED = 8;

/** What the next lot is written as a difference to: lots follow each other in time and mostly live as long. */
interface Before { recorded: number; ordinal: number; availableFrom: number; validity: number; day: number }
const nothingBefore = (): Before => ({ recorded: 0, ordinal: 0, availableFrom: 0, validity: 0, day: 0 });

/** Lots in recorded order. */
export function writeLots(out: ByteWriter, { lots, seen }: Wallet): void {
  out.unsigned(lots.length);
  const before = nothingBefore();
  const sources = new SourceAt(seen);
  for (const lot of lots) {
    before.ordinal = lot.recorded === before.recorded ? before.ordinal + 1 : 0;
    const source = sources.of(lot.recorded);
    const asEarned = source === lot.source && lot.lotId === lotIdAt(source, before.ordinal);
    const touched = lot.remaining !== lot.granted || lot.entitled !== lot.granted;
    const dated = (lot.activated ? ACTIVATED : 0) | (lot.expiresAt === null ? 0 : EXPIRES);
    out.unsigned(dated | (touched ? TOUCHED : 0) | (asEarned ? AS_EARNED : 0));
    out.unsigned(lot.recorded - before.recorded);
    if (!asEarned) out.hex(lot.source + shortLotId(lot.lotId));
    writeFigures(out, lot, touched);
    writeDates(out, lot, before);
    before.recorded = lot.recorded;
  }
}

/** Reads what `writeLots` wrote. */
export function readLots(from: ByteReader, seen: readonly SeenEffect[]): Lot[] {
  const lots: Lot[] = [];
  const before = nothingBefore();
  const sources = new SourceAt(seen);
  for (let count = from.unsigned(); count > 0; count -= 1) {
    const flags = from.unsigned();
    const step = from.unsigned();
    before.ordinal = step === 0 ? before.ordinal + 1 : 0;
    before.recorded += step;
    const asEarned = (flags & AS_EARNED) !== 0;
    const source = asEarned ? sources.of(before.recorded) ?? missing(before.recorded) : from.hex(FINGERPRINT_DIGITS);
    const lotId = asEarned ? lotIdAt(source, before.ordinal) : `lot_${from.hex(FINGERPRINT_DIGITS)}`;
    const figures = readFigures(from, (flags & TOUCHED) !== 0);
    const dates = readDates(from, before, (flags & EXPIRES) !== 0);
    lots.push({ lotId, source, recorded: before.recorded, ...figures, ...dates, activated: (flags & ACTIVATED) !== 0 });
  }
  return lots;
}

function writeFigures(out: ByteWriter, lot: Lot, touched: boolean): void {
  out.unsigned(lot.granted);
  if (!touched) return;
  out.unsigned(lot.entitled);
  out.unsigned(lot.remaining);
  out.unsigned(lot.held);
  out.unsigned(lot.expired);
  out.unsigned(lot.forgiven);
}

function writeDates(out: ByteWriter, lot: Lot, before: Before): void {
  out.signed(lot.availableFrom - before.availableFrom);
  before.availableFrom = lot.availableFrom;
  if (lot.expiresAt === null || lot.validThrough === null) return;
  const validity = lot.expiresAt - lot.availableFrom;
  const day = dayNumber(lot.validThrough);
  out.signed(validity - before.validity);
  out.signed(day - before.day);
  before.validity = validity;
  before.day = day;
}

type Figures = Pick<Lot, 'granted' | 'entitled' | 'remaining' | 'held' | 'expired' | 'forgiven'>;

function readFigures(from: ByteReader, touched: boolean): Figures {
  const granted = from.unsigned();
  if (!touched) return { granted, entitled: granted, remaining: granted, held: 0, expired: 0, forgiven: 0 };
  return {
    granted, entitled: from.unsigned(), remaining: from.unsigned(), held: from.unsigned(),
    expired: from.unsigned(), forgiven: from.unsigned(),
  };
}

function readDates(from: ByteReader, before: Before, expires: boolean): Pick<Lot, 'availableFrom' | 'expiresAt' | 'validThrough'> {
  const availableFrom = before.availableFrom + from.signed();
  before.availableFrom = availableFrom;
  if (!expires) return { availableFrom, expiresAt: null, validThrough: null };
  before.validity += from.signed();
  before.day += from.signed();
  return { availableFrom, expiresAt: availableFrom + before.validity, validThrough: dayText(before.day) };
}

/** Finds the effect seen at a revision; both lots and effects are in order of revision, so one walk finds them all. */
class SourceAt {
  private readonly seen: readonly SeenEffect[];
  private at = 0;

  constructor(seen: readonly SeenEffect[]) {
    this.seen = seen;
  }

  of(revision: number): Fingerprint | undefined {
    let effect = this.seen[this.at];
    while (effect !== undefined && effect.revision < revision) effect = this.seen[++this.at];
    return effect?.revision === revision ? effect.fingerprint : undefined;
  }
}

function missing(revision: number): never {
  throw new RangeError(`The snapshot has a lot of revision ${revision} but no effect there`);
}
