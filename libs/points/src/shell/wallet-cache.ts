import type { Revision, Snapshot } from '@trebol/event-store';

export interface CachedWallet {
  readonly revision: Revision;
  readonly snapshot: Snapshot;
}

/**
 * Wallets seen lately, as the compact bytes that were appended as their snapshot: a million small objects would keep the garbage
 * collector busy, bytes do not. Only a saving: every append carries the revision that was seen, so a stale entry costs one retry.
 *
 * Bounded, with second-chance ("clock") eviction: a hit sets a mark, the hand clears marks and evicts the first entry without one.
 * It touches no list order on a hit, which a least-recently-used Map pays for with every single read.
 */
export class WalletCache {
  private readonly max: number;
  private readonly slots = new Map<string, number>();
  private readonly names: (string | undefined)[] = [];
  private readonly entries: (CachedWallet | undefined)[] = [];
  private readonly marks: boolean[] = [];
  private readonly free: number[] = [];
  private hand = 0;

  /** `max`: wallets kept; 0 keeps none. */
  constructor(max: number) {
    if (!Number.isSafeInteger(max) || max < 0) throw new RangeError(`A cache cannot hold ${max} wallets`);
    this.max = max;
  }

  get size(): number {
    return this.slots.size;
  }

  get(stream: string): CachedWallet | undefined {
    const slot = this.slots.get(stream);
    if (slot === undefined) return undefined;
    this.marks[slot] = true;
    return this.entries[slot];
  }

  /** Keeps the newer of what is there and what is given: two rounds on one wallet may end in either order. */
  put(stream: string, wallet: CachedWallet): void {
    if (this.max === 0) return;
    const known = this.slots.get(stream);
    if (known !== undefined && (this.entries[known]?.revision ?? 0) > wallet.revision) return;
    const slot = known ?? this.free.pop() ?? (this.names.length < this.max ? this.names.length : this.evict());
    this.slots.set(stream, slot);
    this.names[slot] = stream;
    this.entries[slot] = wallet;
    this.marks[slot] = known !== undefined;
  }

  forget(stream: string): void {
    const slot = this.slots.get(stream);
    if (slot === undefined) return;
    this.clear(slot);
    this.free.push(slot);
  }

  private evict(): number {
    for (;;) {
      const slot = this.hand;
      this.hand = (this.hand + 1) % this.names.length;
      if (this.marks[slot] === true) {
        this.marks[slot] = false;
        continue;
      }
      this.clear(slot);
      return slot;
    }
  }

  private clear(slot: number): void {
    const name = this.names[slot];
    if (name !== undefined) this.slots.delete(name);
    this.names[slot] = undefined;
    this.entries[slot] = undefined;
    this.marks[slot] = false;
  }
}
