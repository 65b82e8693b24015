import type { Allocation } from '../events.ts';
import type { Lot, Spending, SpendingState, Wallet } from '../wallet/state.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

const STATES: readonly SpendingState[] = ['open', 'captured', 'released', 'lapsed', 'redeemed'];

/** Holds and redemptions; lots and identities by their place in the wallet. */
export function writeSpendings(out: ByteWriter, { spendings, lots, seen }: Wallet): void {
  out.unsigned(spendings.length);
  if (spendings.length === 0) return;
  const lotPlaces = new Map(lots.map((lot, index) => [lot.lotId, index]));
  const seenPlaces = new Map(seen.map((effect, index) => [effect.fingerprint, index]));
  for (const spending of spendings) {
    out.unsigned(STATES.indexOf(spending.state));
    out.unsigned(placeOf(seenPlaces, spending.fingerprint));
    if (spending.holdId !== null) out.text(spending.holdId);
    out.unsigned(spending.expiresAt);
    out.unsigned(spending.closedBy);
    out.unsigned(spending.restored);
    out.unsigned(spending.allocations.length);
    for (const { lotId, points } of spending.allocations) {
      out.unsigned(placeOf(lotPlaces, lotId));
      out.unsigned(points);
    }
  }
}

/** Reads what `writeSpendings` wrote. */
export function readSpendings(from: ByteReader, { lots, seen }: Pick<Wallet, 'lots' | 'seen'>): Spending[] {
  const spendings: Spending[] = [];
  for (let count = from.unsigned(); count > 0; count -= 1) {
    const state = STATES[from.unsigned()];
    const fingerprint = seen[from.unsigned()]?.fingerprint;
    if (state === undefined || fingerprint === undefined) throw new RangeError('The snapshot has a spending of nobody');
    const holdId = state === 'open' ? from.text() : null;
    const [expiresAt, closedBy, restored] = [from.unsigned(), from.unsigned(), from.unsigned()];
    spendings.push({ fingerprint, state, holdId, expiresAt, closedBy, allocations: readAllocations(from, lots), restored });
  }
  return spendings;
}

function readAllocations(from: ByteReader, lots: readonly Lot[]): Allocation[] {
  const allocations: Allocation[] = [];
  for (let count = from.unsigned(); count > 0; count -= 1) {
    const lotId = lots[from.unsigned()]?.lotId;
    if (lotId === undefined) throw new RangeError('The snapshot spends from a lot it does not have');
    allocations.push({ lotId, points: from.unsigned() });
  }
  return allocations;
}

function placeOf(places: ReadonlyMap<string, number>, key: string): number {
  const place = places.get(key);
  if (place === undefined) throw new Error(`The wallet does not know ${key}`);
  return place;
}
