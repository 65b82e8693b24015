import type { Allocation } from '../events.ts';
import { FINGERPRINT_DIGITS } from '../identity.ts';
import { earliestHoldDue } from '../wallet/facts.ts';
import type { PackedItems } from '../wallet/list-of.ts';
import type { Lot, PackedSpendings, SeenEffect, Spending, SpendingState, Wallet } from '../wallet/state.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

const STATES: readonly SpendingState[] = [
  'open', 'captured', 'released', 'lapsed', 'redeemed', 'moved', 'sent', 'takenBack',
];

/**
 * Holds, redemptions and transfers of a snapshot; lots and identities by their place in the wallet, so that later ones do not disturb them.
 * A hold that came with a merge has no effect here that placed it: its fingerprint is written out, behind a 0.
 */
export class SpendingBytes implements PackedSpendings {
  readonly count: number;
  readonly dueAt: number;
  readonly bytes: Buffer;
  private readonly of: PlacedIn;
  private spendings: readonly Spending[] | undefined;

  constructor(from: ByteReader, of: PlacedIn) {
    this.of = of;
    this.count = from.unsigned();
    this.dueAt = from.instant();
    this.bytes = from.block(from.unsigned());
  }

  unpack(): readonly Spending[] {
    if (this.count === 0) return [];
    this.spendings ??= readSpendings(this.bytes, this.count, { lots: this.of.lots.unpack(), seen: this.of.seen.unpack() });
    return this.spendings;
  }
}

interface PlacedIn { readonly lots: PackedItems<Lot>; readonly seen: PackedItems<SeenEffect> }

/** What `SpendingBytes` reads. */
export function writeSpendings(out: ByteWriter, wallet: Wallet): void {
  const { spendings } = wallet;
  out.unsigned(spendings.length);
  out.instant(earliestHoldDue(spendings));
  const body = spendings.packed instanceof SpendingBytes && spendings.added?.length === 0 ? spendings.packed.bytes : bodyOf(wallet);
  out.unsigned(body.length);
  out.block(body);
}

const NO_SPENDINGS = new Uint8Array();

function bodyOf({ spendings, lots, seen }: Wallet): Uint8Array {
  if (spendings.length === 0) return NO_SPENDINGS;
  const out = new ByteWriter();
  const lotPlaces = new Map(lots.map((lot, index) => [lot.lotId, index]));
  const seenPlaces = new Map(seen.map((effect, index) => [effect.fingerprint, index]));
  for (const spending of spendings) {
    out.unsigned(STATES.indexOf(spending.state));
    const place = seenPlaces.get(spending.fingerprint);
    out.unsigned(place === undefined ? 0 : place + 1);
    if (place === undefined) out.hex(spending.fingerprint);
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
  return out.finish();
}

function readSpendings(
  bytes: Buffer, count: number, { lots, seen }: { readonly lots: readonly Lot[]; readonly seen: readonly SeenEffect[] },
): Spending[] {
  const from = new ByteReader(bytes);
  const spendings: Spending[] = [];
  while (spendings.length < count) {
    const state = STATES[from.unsigned()];
    const place = from.unsigned();
    const fingerprint = place === 0 ? from.hex(FINGERPRINT_DIGITS) : seen[place - 1]?.fingerprint;
    if (state === undefined || fingerprint === undefined) throw new RangeError('The snapshot has a spending of nobody');
    const holdId = state === 'open' ? from.text() : null;
    const [expiresAt, closedBy, restored] = [from.unsigned(), from.unsigned(), from.unsigned()];
    spendings.push({ fingerprint, state, holdId, expiresAt, closedBy, allocations: readAllocations(from, lots), restored });
  }
  from.end();
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
