import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WalletCache } from './wallet-cache.ts';

const at = (revision: number) => ({ revision, snapshot: { schemaVersion: 1, bytes: new Uint8Array() } });

describe('WalletCache', () => {
  it('never holds more than it may', () => {
    const cache = new WalletCache(3);
    for (let n = 0; n < 100; n += 1) cache.put(`w${n}`, at(1));
    expect(cache.size).toBe(3);
  });

  it('gives what was used a second chance', () => {
    const cache = new WalletCache(2);
    cache.put('used', at(1));
    cache.put('idle', at(1));
    cache.get('used');
    cache.put('new', at(1));
    expect([cache.get('used'), cache.get('idle'), cache.get('new')].map((entry) => entry !== undefined)).toEqual([true, false, true]);
  });

  it('keeps the newer state, and uses the place of what was forgotten', () => {
    const cache = new WalletCache(1);
    cache.put('w', at(5));
    cache.put('w', at(4));
    expect(cache.get('w')?.revision).toBe(5);
    cache.forget('w');
    cache.forget('w');
    expect(cache.get('w')).toBeUndefined();
    cache.put('x', at(1));
    expect([cache.size, cache.get('x')?.revision]).toEqual([1, 1]);
  });

  it('gives back exactly the bytes that were put last, however wallets grow, shrink, come and go', () => {
    const step = fc.record({
      what: fc.constantFrom('put', 'put', 'put', 'forget'), name: fc.integer({ min: 0, max: 12 }), size: fc.nat({ max: 700 }),
      fill: fc.nat({ max: 255 }),
    });
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 16 }), (steps, max) => {
      const cache = new WalletCache(max);
      const last = new Map<string, Uint8Array>();
      steps.forEach(({ what, name, size, fill }, revision) => {
        const stream = `wallet-${'x'.repeat(name)}`;
        if (what === 'forget') {
          cache.forget(stream);
          last.delete(stream);
        } else {
          const bytes = new Uint8Array(size).fill(fill);
          cache.put(stream, { revision, snapshot: { schemaVersion: 2, bytes } });
          last.set(stream, bytes);
        }
        for (const [known, bytes] of last) {
          const found = cache.get(known);
          if (found !== undefined) expect(Buffer.compare(found.snapshot.bytes, bytes)).toBe(0);
          else expect(max).toBeLessThan(13);
        }
        expect(cache.size).toBeLessThanOrEqual(Math.min(max, last.size));
      });
    }));
  });

  it('tells names apart that differ in their digits, around them, or only in how they would be packed', () => {
    const digits = '0123456789abcdef';
    const names = [
      `wallet-main~club~points~mbr_${digits}~1`, `wallet-main~club~points~mbr_${digits}~2`, `wallet-main~club~miles~mbr_${digits}~1`,
      `wallet-main~club~points~mbr_${digits}0~1`, `wallet-main~club~points~mbr_${digits}00~1`, `wallet-main~club~points~mbr_0${digits}~1`,
      `wallet-main~club~points~mbr_${digits.toUpperCase()}~1`, `wallet-main~club~points~mbr_${digits.slice(1)}~1`,
      ...Array.from({ length: 300 }, (_, n) => `wallet-tenant-${n}~club~points~mbr_${digits}~1`),
    ];
    const cache = new WalletCache(names.length);
    names.forEach((name, n) => { cache.put(name, at(n + 1)); });
    expect(names.map((name) => cache.get(name)?.revision)).toEqual(names.map((_, n) => n + 1));
  });

  it('may hold nothing, but not less', () => {
    const cache = new WalletCache(0);
    cache.put('w', at(1));
    expect(cache.size).toBe(0);
    expect(() => new WalletCache(-1)).toThrow(RangeError);
  });
});
