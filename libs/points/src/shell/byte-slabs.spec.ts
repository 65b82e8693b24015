import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ALIGNED_BYTES, ByteSlabs, FRAME_BYTES, SHARED_BYTES_MAX, SLAB_BYTES, WASTE_MAX } from './byte-slabs.ts';

const bytesOf = (size: number, fill: number): Uint8Array => new Uint8Array(size).fill(fill);

/** Bytes that may be held for records of these sizes, as `ByteSlabs` promises. */
function allowed(sizes: Iterable<number>): number {
  let live = 0;
  for (const size of sizes) live += size + FRAME_BYTES + ALIGNED_BYTES - 1;
  return (1 + WASTE_MAX) * live + 2 * SLAB_BYTES;
}

const FEW = 400;
const FEW_PRIME = 401;
const KEYS = 4_000;
const KEYS_PRIME = 4_001;

describe('ByteSlabs', () => {
  it('given any history of storing, growing and dropping, then it has what a Map has, holds no more than it promises, and holds nobody up', () => {
    const size = fc.oneof(
      { weight: 6, arbitrary: fc.nat({ max: 900 }) }, { weight: 3, arbitrary: fc.integer({ min: 900, max: SHARED_BYTES_MAX + 20 }) },
      { weight: 1, arbitrary: fc.integer({ min: SHARED_BYTES_MAX, max: 3 * SHARED_BYTES_MAX }) });
    const step = fc.record({
      what: fc.constantFrom('put', 'put', 'put', 'grow', 'grow', 'drop', 'lockStep'), key: fc.integer({ min: 1, max: FEW }), size, fill: fc.nat({ max: 255 }),
    });
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 150 }), (steps) => {
      const slabs = new ByteSlabs(FEW);
      const plain = new Map<number, Uint8Array>();
      let mostMoved = 0;
      const put = (key: number, bytes: Uint8Array): void => {
        const before = slabs.moved;
        slabs.put(key, bytes.subarray(0, bytes.length >> 2), bytes.subarray(bytes.length >> 2));
        plain.set(key, bytes);
        mostMoved = Math.max(mostMoved, slabs.moved - before);
      };
      for (const { what, key, size: bytes, fill } of steps) {
        if (what === 'put') put(key, bytesOf(bytes, fill));
        else if (what === 'grow') put(key, bytesOf((plain.get(key)?.length ?? 0) + 18, fill));
        else if (what === 'lockStep') for (let n = 1; n <= FEW; n += 1) put((n * key) % FEW_PRIME, bytesOf((bytes + n * 37) % 1_500, fill));
        else {
          slabs.drop(key);
          plain.delete(key);
        }
        expect(slabs.held).toBeLessThanOrEqual(allowed(Array.from(plain.values(), (one) => one.length)));
      }
      expect(mostMoved).toBeLessThanOrEqual(2 * SLAB_BYTES);
      for (const [key, bytes] of plain) expect(Buffer.compare(slabs.get(key), bytes)).toBe(0);
      for (let key = 1; key <= FEW; key += 1) if (!plain.has(key)) expect(() => slabs.get(key)).toThrow(RangeError);
    }), { numRuns: 60 });
  });

  it.each([
    ['one after the other', (n: number) => n % KEYS + 1],
    ['in no order', (n: number) => (n * n + 31 * n) % KEYS_PRIME % KEYS + 1],
  ])('given 4,000 records that grow %s, then what they were before is given back all the time', (_, keyOf) => {
    const slabs = new ByteSlabs(KEYS);
    const sizes = new Map<number, number>();
    for (let n = 0; n < 30 * KEYS; n += 1) {
      const key = keyOf(n);
      const size = (sizes.get(key) ?? 80) + 18;
      slabs.put(key, bytesOf(20, 1), bytesOf(size - 20, n % 256));
      sizes.set(key, size);
      if (n % 500 === 0) expect(slabs.held).toBeLessThanOrEqual(allowed(sizes.values()));
    }
    for (const [key, size] of sizes) expect(slabs.get(key).length).toBe(size);
  });

  it('given a few records that change among many that do not, then each byte that is stored is copied a few times at most', () => {
    const slabs = new ByteSlabs(KEYS);
    let stored = 0;
    for (let n = 0; n < 60_000; n += 1) {
      const key = n < KEYS ? n + 1 : (n * 7_919) % 800 + 1;
      slabs.put(key, bytesOf(20, 1), bytesOf(300, n % 256));
      stored += 320;
    }
    expect(slabs.moved / stored).toBeLessThan(3);
  });

  it('given records larger than a share of a slab, when they are replaced and dropped, then nothing of them is left', () => {
    const slabs = new ByteSlabs(2);
    for (let size = SHARED_BYTES_MAX; size < 400_000; size *= 3) {
      slabs.put(1, bytesOf(20, 1), bytesOf(size, 2));
      slabs.put(2, bytesOf(20, 1), bytesOf(40, 3));
      expect([slabs.get(1).length, slabs.get(2).length]).toEqual([size + 20, 60]);
      slabs.put(1, bytesOf(20, 1), bytesOf(40, 4));
      expect(slabs.held).toBeLessThanOrEqual(2 * SLAB_BYTES);
    }
    slabs.drop(1);
    slabs.drop(1);
    slabs.drop(2);
    expect(slabs.live).toBe(0);
  });
});
