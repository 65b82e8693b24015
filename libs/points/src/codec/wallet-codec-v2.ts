import { checkOf } from '../content.ts';
import { FINGERPRINT_DIGITS, lotIdAt } from '../identity.ts';
import type { PackedItems } from '../wallet/list-of.ts';
import type { Lot, SeenEffect, Wallet } from '../wallet/state.ts';
import { ByteReader } from './bytes.ts';
import { dayText } from './day.ts';
import { SpendingBytes } from './spendings-codec.ts';
import { readHead } from './wallet-head.ts';

/**
 * Reads snapshots of version 2: whole contents, a step for each effect, lots with a byte for everything. Read for as long as a store may
 * still hold one, never written again.
 */
export function decodeWalletV2(bytes: Uint8Array): Wallet {
  const from = new ByteReader(bytes);
  const head = readHead(from, 2);
  const seen = readSeen(from);
  const lots = readLots(from, seen);
  const spendings = new SpendingBytes(from, { lots: unpacked(lots), seen: unpacked(seen) }).unpack().slice();
  from.end();
  return { ...head, lots, spendings, seen };
}

const MILLISECONDS_PER_DAY = 86_400_000;
const [ACTIVATED, EXPIRES, TOUCHED, AS_EARNED] = [1, 2, 4, 8];

const unpacked = <Item>(items: readonly Item[]): PackedItems<Item> => ({ count: items.length, unpack: () => items });

function readSeen(from: ByteReader): SeenEffect[] {
  const count = from.unsigned();
  from.unsigned(); // last revision
  const sizeOfSteps = from.unsigned();
  const [fingerprints, contents] = [from.hex(count * FINGERPRINT_DIGITS), from.hex(count * FINGERPRINT_DIGITS)];
  const steps = new ByteReader(from.block(sizeOfSteps));
  let revision = 0;
  const seen = Array.from({ length: count }, (_, place) => {
    revision += steps.unsigned();
    const [start, end] = [place * FINGERPRINT_DIGITS, (place + 1) * FINGERPRINT_DIGITS];
    return { fingerprint: fingerprints.slice(start, end), content: checkOf(contents.slice(start, end)), revision };
  });
  steps.end();
  return seen;
}

interface Before { recorded: number; ordinal: number; availableFrom: number; sinceDay: number; day: number }

function readLots(outer: ByteReader, seen: readonly SeenEffect[]): Lot[] {
  const [count] = [outer.unsigned(), outer.unsigned(), outer.unsigned(), outer.unsigned()];
  for (let skipped = 0; skipped < 5; skipped += 1) outer.unsigned(); // what the next lot would have differed from
  const from = new ByteReader(outer.block(outer.unsigned()));
  const before: Before = { recorded: 0, ordinal: 0, availableFrom: 0, sinceDay: 0, day: 0 };
  const sources = new Map(seen.map((effect) => [effect.revision, effect.fingerprint]));
  const lots: Lot[] = [];
  while (lots.length < count) {
    const flags = from.unsigned();
    const step = from.unsigned();
    before.ordinal = step === 0 ? before.ordinal + 1 : 0;
    before.recorded += step;
    const { recorded } = before;
    const named = (flags & AS_EARNED) === 0 ? namedApart(from) : earnedAt(sources.get(recorded), before);
    lots.push({
      ...named, recorded, ...readFigures(from, (flags & TOUCHED) !== 0), ...readDates(from, before, (flags & EXPIRES) !== 0),
      activated: (flags & ACTIVATED) !== 0,
    });
  }
  from.end();
  return lots;
}

function namedApart(from: ByteReader): Pick<Lot, 'source' | 'lotId'> {
  return { source: from.hex(FINGERPRINT_DIGITS), lotId: `lot_${from.hex(FINGERPRINT_DIGITS)}` };
}

function earnedAt(source: string | undefined, { recorded, ordinal }: Before): Pick<Lot, 'source' | 'lotId'> {
  if (source === undefined) throw new RangeError(`The snapshot has a lot of revision ${recorded} but no effect there`);
  return { source, lotId: lotIdAt(source, ordinal) };
}

type Figures = Pick<Lot, 'granted' | 'entitled' | 'remaining' | 'held' | 'expired' | 'forgiven'>;

function readFigures(from: ByteReader, touched: boolean): Figures {
  const granted = from.unsigned();
  if (!touched) return { granted, entitled: granted, remaining: granted, held: 0, expired: 0, forgiven: 0 };
  return {
    granted, entitled: from.unsigned(), remaining: from.unsigned(), held: from.unsigned(), expired: from.unsigned(),
    forgiven: from.unsigned(),
  };
}

function readDates(from: ByteReader, before: Before, expires: boolean): Pick<Lot, 'availableFrom' | 'expiresAt' | 'validThrough'> {
  before.availableFrom += from.signed();
  const { availableFrom } = before;
  if (!expires) return { availableFrom, expiresAt: null, validThrough: null };
  before.sinceDay += from.signed();
  before.day += from.signed();
  return { availableFrom, expiresAt: before.day * MILLISECONDS_PER_DAY + before.sinceDay, validThrough: dayText(before.day) };
}
