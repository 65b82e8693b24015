import { FINGERPRINT_DIGITS, lotIdAt, type Fingerprint } from '../identity.ts';
import { LOTS_PER_EARNING_MAX } from '../limits.ts';
import { earliestLotDue, openLots } from '../wallet/facts.ts';
import type { Lot, LotList, PackedLots, SeenEffect, SeenList } from '../wallet/state.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { dayNumber, dayText } from './day.ts';
import { shortLotId } from './fields.ts';
import type { SeenBytes } from './seen-codec.ts';

const ACTIVATED = 1;
const EXPIRES = 2;
/** Its points or entitlement are no longer as granted. */
const TOUCHED = 4;
/** Not granted by the effect seen at the same revision, with the id that follows from it: both are written. */
const STRANGE = 8;
/** Not of the revision after that of the lot before: the step is written. */
const APART = 16;
/** Ends at another time of day than the lot before (a change of the clocks in between): the difference is written. */
const SHIFTED = 32;
/** Lives for another number of days than the lot before: the difference is written. */
const OTHER_SPAN = 64;
/** The time since the lot before became available is written in whole seconds, as tills know it. */
const WHOLE_SECONDS = 128;

/** Digits a lot's id shares with the fingerprint of its source: ordinals change the last four only, unless these run over. */
const SHARED_DIGITS = FINGERPRINT_DIGITS - 4;

/** What the next lot is written as a difference to: lots follow each other in time and mostly live as long. */
interface Before {
  recorded: number;
  ordinal: number;
  availableFrom: number;
  /** Milliseconds from the beginning of its last day, in UTC, to its end. */
  sinceDay: number;
  /** Days from that of `availableFrom`, in UTC, to its last one. */
  span: number;
}
const nothingBefore = (): Before => ({ recorded: 0, ordinal: 0, availableFrom: 0, sinceDay: 0, span: 0 });

/** A lot ends at the midnight after its last day: counted from that day in UTC it is the same time of day for nearly all lots. */
const MILLISECONDS_PER_DAY = 86_400_000;
const MILLISECONDS_PER_SECOND = 1_000;

/** Lots of a snapshot: a few facts, what the next lot is written as a difference to, and the lots. An award only adds to the end. */
export class LotBytes implements PackedLots {
  readonly count: number;
  readonly open: number;
  readonly dueAt: number;
  /** Lots whose id does not follow from an effect of this wallet. */
  readonly strange: number;
  readonly end: Before;
  readonly bytes: Buffer;
  private readonly seen: SeenBytes;
  private lots: readonly Lot[] | undefined;

  constructor(from: ByteReader, seen: SeenBytes) {
    this.seen = seen;
    this.count = from.unsigned();
    this.open = from.unsigned();
    this.dueAt = from.instant();
    this.strange = from.unsigned();
    this.end = {
      recorded: from.unsigned(), ordinal: from.unsigned(), availableFrom: from.unsigned(), sinceDay: from.signed(), span: from.signed(),
    };
    this.bytes = from.block(from.unsigned());
  }

  lacks(lotId: string): boolean {
    const digits = shortLotId(lotId);
    const runsOver = Number.parseInt(digits.slice(SHARED_DIGITS), 16) < LOTS_PER_EARNING_MAX;
    return this.strange === 0 && !runsOver && this.seen.noneBeginsWith(digits.slice(0, SHARED_DIGITS));
  }

  unpack(): readonly Lot[] {
    this.lots ??= readLots(this.bytes, this.count, this.seen.unpack());
    return this.lots;
  }
}

const NO_LOTS = { strange: 0, end: nothingBefore(), bytes: new Uint8Array() } as const;
const bodyWriter = new ByteWriter();

/** What `LotBytes` reads; lots in recorded order. */
export function writeLots(out: ByteWriter, lots: LotList, seen: SeenList): void {
  const packed = lots.packed instanceof LotBytes ? lots.packed : NO_LOTS;
  const added = packed === NO_LOTS ? lots.slice() : lots.added ?? [];
  const body = bodyWriter.emptied();
  const before = { ...packed.end };
  const strange = packed.strange + writeBody(body, added, { before, seen });
  const dueAt = earliestLotDue(lots);
  out.unsigned(lots.length);
  out.unsigned(openLots(lots));
  out.instant(dueAt);
  out.unsigned(strange);
  out.unsigned(before.recorded);
  out.unsigned(before.ordinal);
  out.unsigned(before.availableFrom);
  out.signed(before.sinceDay);
  out.signed(before.span);
  out.unsigned(packed.bytes.length + body.size);
  out.block(packed.bytes);
  body.copyTo(out);
}

/** Writes lots behind those before; answers how many have an id of their own. */
function writeBody(out: ByteWriter, lots: readonly Lot[], { before, seen }: { readonly before: Before; readonly seen: SeenList }): number {
  if (lots.length === 0) return 0;
  const sources = new SourceAt(effectsFrom(seen, lots[0]?.recorded ?? 0));
  let strange = 0;
  for (const lot of lots) {
    before.ordinal = lot.recorded === before.recorded ? before.ordinal + 1 : 0;
    const source = sources.of(lot.recorded);
    const asEarned = source === lot.source && lot.lotId === lotIdAt(source, before.ordinal);
    writeLot(out, lot, { before, asEarned });
    if (!asEarned) strange += 1;
  }
  return strange;
}

function writeLot(out: ByteWriter, lot: Lot, { before, asEarned }: { readonly before: Before; readonly asEarned: boolean }): void {
  const dates = datesOf(lot, before);
  const step = lot.recorded - before.recorded;
  const flags = flagsOf(lot) | dates.flags | (asEarned ? 0 : STRANGE) | (step === 1 ? 0 : APART);
  out.byte(flags);
  if (step !== 1) out.unsigned(step);
  if (!asEarned) out.hex(lot.source + shortLotId(lot.lotId));
  writeFigures(out, lot, (flags & TOUCHED) !== 0);
  for (const difference of dates.differences) out.signed(difference);
  before.recorded = lot.recorded;
}

function flagsOf(lot: Lot): number {
  const touched = lot.remaining !== lot.granted || lot.entitled !== lot.granted || lot.held + lot.expired + lot.forgiven > 0;
  return (lot.activated ? ACTIVATED : 0) | (lot.expiresAt === null ? 0 : EXPIRES) | (touched ? TOUCHED : 0);
}

/** Effects among which those of the lots from a revision on are: only the ones added since the snapshot, where these suffice. */
function effectsFrom(seen: SeenList, revision: number): readonly SeenEffect[] {
  const added = seen.added ?? [];
  return (added[0]?.revision ?? Infinity) <= revision ? added : seen.slice();
}

function readLots(bytes: Buffer, count: number, seen: readonly SeenEffect[]): Lot[] {
  const from = new ByteReader(bytes);
  const lots: Lot[] = [];
  const before = nothingBefore();
  const sources = new SourceAt(seen);
  while (lots.length < count) {
    const flags = from.byte();
    const step = (flags & APART) === 0 ? 1 : from.unsigned();
    before.ordinal = step === 0 ? before.ordinal + 1 : 0;
    before.recorded += step;
    const asEarned = (flags & STRANGE) === 0;
    const source = asEarned ? sources.of(before.recorded) ?? missing(before.recorded) : from.hex(FINGERPRINT_DIGITS);
    const lotId = asEarned ? lotIdAt(source, before.ordinal) : `lot_${from.hex(FINGERPRINT_DIGITS)}`;
    const figures = readFigures(from, (flags & TOUCHED) !== 0);
    const dates = readDates(from, before, flags);
    lots.push({ lotId, source, recorded: before.recorded, ...figures, ...dates, activated: (flags & ACTIVATED) !== 0 });
  }
  from.end();
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

/** A lot's dates as differences to those before, which it leaves as the next ones to differ from. */
function datesOf(lot: Lot, before: Before): { readonly flags: number; readonly differences: readonly number[] } {
  const later = lot.availableFrom - before.availableFrom;
  const inSeconds = later % MILLISECONDS_PER_SECOND === 0;
  before.availableFrom = lot.availableFrom;
  const differences = [inSeconds ? later / MILLISECONDS_PER_SECOND : later];
  let flags = inSeconds ? WHOLE_SECONDS : 0;
  if (lot.expiresAt === null || lot.validThrough === null) return { flags, differences };
  const day = dayNumber(lot.validThrough);
  const [sinceDay, span] = [lot.expiresAt - day * MILLISECONDS_PER_DAY, day - dayOf(lot.availableFrom)];
  if (sinceDay !== before.sinceDay) {
    flags |= SHIFTED;
    differences.push(sinceDay - before.sinceDay);
    before.sinceDay = sinceDay;
  }
  if (span !== before.span) {
    flags |= OTHER_SPAN;
    differences.push(span - before.span);
    before.span = span;
  }
  return { flags, differences };
}

const dayOf = (at: number): number => Math.floor(at / MILLISECONDS_PER_DAY);

type Figures = Pick<Lot, 'granted' | 'entitled' | 'remaining' | 'held' | 'expired' | 'forgiven'>;

function readFigures(from: ByteReader, touched: boolean): Figures {
  const granted = from.unsigned();
  if (!touched) return { granted, entitled: granted, remaining: granted, held: 0, expired: 0, forgiven: 0 };
  return {
    granted, entitled: from.unsigned(), remaining: from.unsigned(), held: from.unsigned(),
    expired: from.unsigned(), forgiven: from.unsigned(),
  };
}

function readDates(from: ByteReader, before: Before, flags: number): Pick<Lot, 'availableFrom' | 'expiresAt' | 'validThrough'> {
  const availableFrom = before.availableFrom + from.signed() * ((flags & WHOLE_SECONDS) === 0 ? 1 : MILLISECONDS_PER_SECOND);
  before.availableFrom = availableFrom;
  if ((flags & EXPIRES) === 0) return { availableFrom, expiresAt: null, validThrough: null };
  if ((flags & SHIFTED) !== 0) before.sinceDay += from.signed();
  if ((flags & OTHER_SPAN) !== 0) before.span += from.signed();
  const day = dayOf(availableFrom) + before.span;
  return { availableFrom, expiresAt: day * MILLISECONDS_PER_DAY + before.sinceDay, validThrough: dayText(day) };
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
