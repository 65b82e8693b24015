import type { Revision, Snapshot } from '@trebol/event-store';
import { ByteSlabs } from './byte-slabs.ts';
import { packedSize, StreamNames } from './stream-names.ts';

export interface CachedWallet {
  readonly revision: Revision;
  readonly snapshot: Snapshot;
}

const NONE = 0;

/**
 * Wallets seen lately, as the compact bytes that were appended as their snapshot: a million small objects would keep the garbage
 * collector busy, bytes do not. Only a saving: every append carries the revision that was seen, so a stale entry costs one retry.
 *
 * Layout: entry n (from 1) is one number in each of the flat arrays below, 14 bytes, and a record in the slabs (14 more, see there) with
 * its packed name and then its snapshot. Names are found by a hash into `heads` and a chain through `after` (4 and 4 of the bytes), and
 * compared whole.
 *
 * Bounded, with second-chance ("clock") eviction: a hit sets a mark, the hand clears marks and evicts the first entry without one.
 * It touches no list order on a hit, which a least-recently-used Map pays for with every single read.
 */
export class WalletCache {
  private readonly max: number;
  private readonly slabs: ByteSlabs;
  private readonly names = new StreamNames();
  private readonly heads: Uint32Array;
  private readonly after: Uint32Array;
  private readonly revisions: Uint32Array;
  private readonly versions: Uint8Array;
  private readonly marks: Uint8Array;
  private readonly free: number[] = [];
  private filled = 0;
  private hand = 0;

  /** `max`: wallets kept; 0 keeps none. */
  constructor(max: number) {
    if (!Number.isSafeInteger(max) || max < 0) throw new RangeError(`A cache cannot hold ${max} wallets`);
    this.max = max;
    this.slabs = new ByteSlabs(max);
    this.heads = new Uint32Array(2 ** Math.ceil(Math.log2(max + 1)));
    this.after = new Uint32Array(max + 1);
    this.revisions = new Uint32Array(max + 1);
    this.versions = new Uint8Array(max + 1);
    this.marks = new Uint8Array(max + 1);
  }

  get size(): number {
    return this.filled - this.free.length;
  }

  /** A copy: the record may be moved or replaced while the wallet is decided on. */
  get(stream: string): CachedWallet | undefined {
    const entry = this.find(this.names.pack(stream));
    if (entry === NONE) return undefined;
    this.marks[entry] = 1;
    const record = this.slabs.get(entry);
    const bytes = Buffer.from(record.subarray(packedSize(record)));
    return { revision: at(this.revisions, entry), snapshot: { schemaVersion: at(this.versions, entry), bytes } };
  }

  /** Keeps the newer of what is there and what is given: two rounds on one wallet may end in either order. */
  put(stream: string, wallet: CachedWallet): void {
    if (this.max === 0) return;
    const name = this.names.pack(stream);
    const known = this.find(name);
    if (known !== NONE && at(this.revisions, known) > wallet.revision) return;
    const entry = known === NONE ? this.vacant() : known;
    this.slabs.put(entry, name, wallet.snapshot.bytes);
    this.revisions[entry] = wallet.revision;
    this.versions[entry] = wallet.snapshot.schemaVersion;
    if (known === NONE) this.link(entry, name);
    this.marks[entry] = known === NONE ? 0 : 1;
  }

  forget(stream: string): void {
    const entry = this.find(this.names.pack(stream));
    if (entry === NONE) return;
    this.clear(entry);
    this.free.push(entry);
  }

  private find(name: Buffer): number {
    let entry = at(this.heads, this.bucket(name));
    while (entry !== NONE && !this.nameOf(entry).equals(name)) entry = at(this.after, entry);
    return entry;
  }

  private vacant(): number {
    const freed = this.free.pop();
    if (freed !== undefined) return freed;
    if (this.filled < this.max) return ++this.filled;
    for (;;) {
      this.hand = (this.hand % this.max) + 1;
      if (at(this.marks, this.hand) === 0) break;
      this.marks[this.hand] = 0;
    }
    this.clear(this.hand);
    return this.hand;
  }

  private link(entry: number, name: Buffer): void {
    const bucket = this.bucket(name);
    this.after[entry] = at(this.heads, bucket);
    this.heads[bucket] = entry;
  }

  private clear(entry: number): void {
    const bucket = this.bucket(this.nameOf(entry));
    let before = NONE;
    for (let one = at(this.heads, bucket); one !== entry; one = at(this.after, one)) before = one;
    if (before === NONE) this.heads[bucket] = at(this.after, entry);
    else this.after[before] = at(this.after, entry);
    this.slabs.drop(entry);
    this.marks[entry] = 0;
  }

  private nameOf(entry: number): Buffer {
    const record = this.slabs.get(entry);
    return record.subarray(0, packedSize(record));
  }

  /** FNV-1a: spreads names evenly, whatever they have in common. */
  private bucket(name: Buffer): number {
    let hash = 0x811c9dc5;
    for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ at(name, index), 0x01000193);
    return (hash ^ (hash >>> 15)) & (this.heads.length - 1);
  }
}

const at = (numbers: Uint8Array | Uint32Array, index: number): number => numbers[index] ?? NONE;
