import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { murmur2, partitionOf } from '../partition-of.ts';

const kafkaMurmur2 = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2') as (key: Buffer) => number;

describe('partition of a key', () => {
  it("given the test values of Kafka's own clients, when they are hashed, then the numbers are the same", () => {
    const known: [string, number][] = [['21', -973932308], ['foobar', -790332482], ['a-little-bit-long-string', -985981536],
      ['a-little-bit-longer-string', -1486304829], ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971], ['abc', 479470107]];
    for (const [key, hash] of known) expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('given any key, when it is hashed, then kafkajs finds the same number', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (key) => {
      expect(murmur2(Buffer.from(key))).toBe(kafkaMurmur2(Buffer.from(key)));
    }));
  });

  it('given many keys, when they are spread over 12 partitions, then none is empty and none is far from its share', () => {
    const counts = Array.from({ length: 12 }, () => 0);
    for (let n = 0; n < 12_000; n++) {
      const partition = partitionOf(`mbr_${n.toString(16).padStart(32, '0')}`, 12);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1_200);
  });
});
