/** Bytes of a slab: large enough that slabs are few, small enough that emptying one holds nobody up (some 100 µs). */
export const SLAB_BYTES = 131_072;

/** Largest record that shares a slab, its frame included: what it leaves unused at the end of one is a sixteenth. Larger ones are apart. */
export const SHARED_BYTES_MAX = SLAB_BYTES / 16;

/**
 * Bytes of full slabs that may be of no use (replaced records, unused ends) for each byte in use. Less would be copied about more often:
 * with a quarter, the slab that is emptied is at least a fifth empty already.
 */
export const WASTE_MAX = 0.25;

/** Before each record: whose it is and its length, 4 bytes each. */
export const FRAME_BYTES = 8;

/** Records begin at multiples of this, so that where one begins fits into 16 bits. */
export const ALIGNED_BYTES = 4;

const NOWHERE = 0;

interface Slab {
  readonly bytes: Buffer;
  /** Where the next record goes. */
  used: number;
  /** Of `used`, the bytes of records that are still somebody's. */
  live: number;
}

/**
 * Many byte strings of changing length in a few large buffers, without an object for each: what the garbage collector does not see costs
 * it nothing. Each is known by a number from 1 to `keysMax`; 6 bytes beside it say where it lies.
 *
 * A record is always written behind the last one; what it replaces is waste from then on. When full slabs hold more than WASTE_MAX of
 * it, the emptiest is emptied: what is still in use moves behind the last record. So, whatever is stored and dropped in whatever order,
 *
 *     held ≤ (1 + WASTE_MAX) × live + 2 × SLAB_BYTES     (the slab being filled, and one kept for the next)
 *
 * and one `put` or `drop` moves at most two slabs: the one that it filled, if that was mostly waste, and one more, which gives back more
 * than a `put` wastes (a fifth of a slab, against two of the largest records). `live` counts frames and padding.
 */
export class ByteSlabs {
  private readonly slabs: (Slab | undefined)[] = [undefined];
  private readonly vacant: number[] = [];
  private readonly apart = new Map<number, Buffer>();
  private readonly slabOf: Uint32Array;
  private readonly placeOf: Uint16Array;
  /** Number of the slab being filled. */
  private filling = NOWHERE;
  private spare: Buffer | undefined;
  private shared = { slabs: 0, live: 0 };
  private apartBytes = 0;
  private movedBytes = 0;

  constructor(keysMax: number) {
    this.slabOf = new Uint32Array(keysMax + 1);
    this.placeOf = new Uint16Array(keysMax + 1);
  }

  /** Bytes of all buffers. */
  get held(): number {
    return this.shared.slabs * SLAB_BYTES + (this.spare?.length ?? 0) + this.apartBytes;
  }

  /** Bytes of them that are in use. */
  get live(): number {
    return this.shared.live + this.apartBytes;
  }

  /** Bytes copied from slab to slab so far. */
  get moved(): number {
    return this.movedBytes;
  }

  /** Keeps `head` and `body`, one behind the other, in place of what was known by this number. They must not be views of a record here. */
  put(key: number, head: Uint8Array, body: Uint8Array): void {
    this.release(key);
    const size = head.length + body.length;
    if (aligned(size) > SHARED_BYTES_MAX) {
      const own = Buffer.allocUnsafeSlow(size);
      own.set(head);
      own.set(body, head.length);
      this.apart.set(key, own);
      this.apartBytes += size;
    } else {
      const { bytes, at } = this.place(key, aligned(size));
      bytes.writeUInt32LE(key, at);
      bytes.writeUInt32LE(size, at + 4);
      bytes.set(head, at + FRAME_BYTES);
      bytes.set(body, at + FRAME_BYTES + head.length);
    }
    this.tidy();
  }

  /** What is kept under the number: a view, good until the next `put` or `drop`. Throws when there is nothing. */
  get(key: number): Buffer {
    const slab = this.slabs[this.slabOf[key] ?? NOWHERE];
    if (slab === undefined) return this.apart.get(key) ?? nothing(key);
    const at = (this.placeOf[key] ?? 0) * ALIGNED_BYTES;
    return slab.bytes.subarray(at + FRAME_BYTES, at + FRAME_BYTES + slab.bytes.readUInt32LE(at + 4));
  }

  /** Forgets what is kept under the number, if anything is. */
  drop(key: number): void {
    this.release(key);
    this.tidy();
  }

  private release(key: number): void {
    const own = this.apart.get(key);
    if (own !== undefined) {
      this.apart.delete(key);
      this.apartBytes -= own.length;
      return;
    }
    const number = this.slabOf[key] ?? NOWHERE;
    const slab = this.slabs[number];
    if (slab === undefined) return;
    const bytes = aligned(this.get(key).length);
    slab.live -= bytes;
    this.shared.live -= bytes;
    this.slabOf[key] = NOWHERE;
    if (slab.live === 0 && number !== this.filling) this.discard(number, slab);
  }

  /** Takes so many bytes behind the last record. */
  private place(key: number, size: number): { readonly bytes: Buffer; readonly at: number } {
    let slab = this.slabs[this.filling];
    if (slab === undefined || slab.used + size > SLAB_BYTES) slab = this.another();
    const at = slab.used;
    slab.used += size;
    slab.live += size;
    this.shared.live += size;
    this.slabOf[key] = this.filling;
    this.placeOf[key] = at / ALIGNED_BYTES;
    return { bytes: slab.bytes, at };
  }

  private another(): Slab {
    const full = this.filling;
    const slab = { bytes: this.spare ?? Buffer.allocUnsafeSlow(SLAB_BYTES), used: 0, live: 0 };
    this.spare = undefined;
    this.filling = this.vacant.pop() ?? this.slabs.length;
    this.slabs[this.filling] = slab;
    this.shared.slabs += 1;
    const before = this.slabs[full];
    if (before?.live === 0) this.discard(full, before);
    return slab;
  }

  private discard(number: number, { bytes }: Slab): void {
    this.slabs[number] = undefined;
    this.vacant.push(number);
    this.shared.slabs -= 1;
    this.spare = bytes;
  }

  private tidy(): void {
    while (this.waste() > WASTE_MAX * this.shared.live) this.empty(this.emptiest());
  }

  /** In full slabs only: what the one being filled will waste is not known yet. */
  private waste(): number {
    const filling = this.slabs[this.filling];
    return filling === undefined ? 0 : (this.shared.slabs - 1) * SLAB_BYTES - (this.shared.live - filling.live);
  }

  private emptiest(): number {
    let emptiest = NOWHERE;
    let least = Infinity;
    this.slabs.forEach((slab, number) => {
      if (slab === undefined || number === this.filling || slab.live >= least) return;
      emptiest = number;
      least = slab.live;
    });
    return emptiest;
  }

  /** Moves what is in use of a slab behind the last record, and discards the slab. */
  private empty(number: number): void {
    const slab = this.slabs[number];
    if (slab === undefined) throw new RangeError(`There is no slab ${number}`);
    const { bytes, used } = slab;
    for (let at = 0; at < used;) {
      const [key, size] = [bytes.readUInt32LE(at), aligned(bytes.readUInt32LE(at + 4))];
      if (this.slabOf[key] === number && this.placeOf[key] === at / ALIGNED_BYTES) {
        this.shared.live -= size;
        const to = this.place(key, size);
        bytes.copy(to.bytes, to.at, at, at + size);
        this.movedBytes += size;
      }
      at += size;
    }
    this.discard(number, slab);
  }
}

/** Bytes that a record takes in a slab. */
const aligned = (size: number): number => Math.ceil((FRAME_BYTES + size) / ALIGNED_BYTES) * ALIGNED_BYTES;

function nothing(key: number): never {
  throw new RangeError(`Nothing is kept under ${key}`);
}
