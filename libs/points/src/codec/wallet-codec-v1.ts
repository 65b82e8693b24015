import type { Allocation } from '../events.ts';
import { checkOf } from '../content.ts';
import { FINGERPRINT_DIGITS, lotIdAt } from '../identity.ts';
import { emptyWallet, type Lot, type SeenEffect, type Spending, type SpendingState, type Totals, type Wallet } from '../wallet/state.ts';
import { ByteReader } from './bytes.ts';
import { dayText } from './day.ts';

/**
 * Reads snapshots of version 1, as the first release wrote them: read for as long as a store may still hold one, never written again. What
 * that version had no word for (fees paid, freezes, transfers) the wallet had none of.
 */
export function decodeWalletV1(bytes: Uint8Array): Wallet {
  const from = new ByteReader(bytes);
  const [period, revision, recordedAt, flags] = [from.unsigned(), from.unsigned(), from.unsigned(), from.unsigned()];
  const [debt, feeDue] = [from.unsigned(), from.unsigned()];
  const totals: Totals = { ...emptyWallet().totals, ...readTotals(from) };
  const seen = readSeen(from);
  const lots = readLots(from, seen);
  const spendings = readSpendings(from, { lots, seen });
  from.end();
  return {
    ...emptyWallet(), period, revision, recordedAt, opened: (flags & 1) !== 0, closed: (flags & 2) !== 0, debt, feeDue, totals, seen, lots,
    spendings,
  };
}

const TOTALS = ['issued', 'restored', 'spent', 'expired', 'reversed', 'debtIncurred', 'debtRepaid'] as const;
const STATES: readonly SpendingState[] = ['open', 'captured', 'released', 'lapsed', 'redeemed'];
const [ACTIVATED, EXPIRES, TOUCHED, AS_EARNED] = [1, 2, 4, 8];

function readTotals(from: ByteReader): Pick<Totals, (typeof TOTALS)[number]> {
  const totals = {} as Record<(typeof TOTALS)[number], number>;
  for (const name of TOTALS) totals[name] = from.unsigned();
  return totals;
}

function readSeen(from: ByteReader): SeenEffect[] {
  const count = from.unsigned();
  const digits = from.hex(count * 2 * FINGERPRINT_DIGITS);
  let revision = 0;
  return Array.from({ length: count }, (_, place) => {
    revision += from.unsigned();
    const at = place * 2 * FINGERPRINT_DIGITS;
    const middle = at + FINGERPRINT_DIGITS;
    return { fingerprint: digits.slice(at, middle), content: checkOf(digits.slice(middle, middle + FINGERPRINT_DIGITS)), revision };
  });
}

interface Before { recorded: number; ordinal: number; availableFrom: number; validity: number; day: number }

function readLots(from: ByteReader, seen: readonly SeenEffect[]): Lot[] {
  const lots: Lot[] = [];
  const before: Before = { recorded: 0, ordinal: 0, availableFrom: 0, validity: 0, day: 0 };
  const sources = new Map(seen.map((effect) => [effect.revision, effect.fingerprint]));
  for (let count = from.unsigned(); count > 0; count -= 1) {
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
  before.validity += from.signed();
  before.day += from.signed();
  return { availableFrom, expiresAt: availableFrom + before.validity, validThrough: dayText(before.day) };
}

function readSpendings(
  from: ByteReader, { lots, seen }: { readonly lots: readonly Lot[]; readonly seen: readonly SeenEffect[] },
): Spending[] {
  return Array.from({ length: from.unsigned() }, () => {
    const state = STATES[from.unsigned()];
    const fingerprint = seen[from.unsigned()]?.fingerprint;
    if (state === undefined || fingerprint === undefined) throw new RangeError('The snapshot has a spending of nobody');
    const holdId = state === 'open' ? from.text() : null;
    const [expiresAt, closedBy, restored] = [from.unsigned(), from.unsigned(), from.unsigned()];
    const allocations = Array.from({ length: from.unsigned() }, (): Allocation => {
      const lotId = lots[from.unsigned()]?.lotId;
      if (lotId === undefined) throw new RangeError('The snapshot spends from a lot it does not have');
      return { lotId, points: from.unsigned() };
    });
    return { fingerprint, state, holdId, expiresAt, closedBy, allocations, restored };
  });
}
