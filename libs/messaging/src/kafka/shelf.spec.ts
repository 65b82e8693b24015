import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deadLetterId, originalOf, parkedRecord, readParked, type ParkedRecord } from './parked-record.ts';
import type { RawRecord } from './records.ts';
import { Shelf } from './shelf.ts';

const FAILED = { code: 'refused', detail: 'why', attempts: 1, failedAt: 5 };
const SLOT = { queue: 't.g.dlq', topic: 't', partition: 3 };
const offsets = fc.bigInt({ min: 0n, max: 9n });
const records: fc.Arbitrary<ParkedRecord> = fc.oneof(
  fc.record({ kind: fc.constant('parked' as const), offset: offsets, parked: fc.record({ key: fc.constant('k'), at: offsets, failed: fc.option(fc.constant(FAILED), { nil: undefined }) }) }),
  fc.record({ kind: fc.constantFrom('passed' as const, 'asked' as const, 'answered' as const), offset: offsets }));

const stateOf = (shelf: Shelf) => ({ keys: [...shelf.keys], failed: shelf.failed(), replay: shelf.hasReplay });

describe('the shelf of parked messages', () => {
  it('given any history, when its last record is applied again or the state is taken over, then nothing changes', () => {
    fc.assert(fc.property(fc.array(records, { minLength: 1 }), (history) => {
      const [once, twice, copy] = [new Shelf(), new Shelf(), new Shelf()];
      for (const record of history) {
        once.apply(record);
        twice.apply(record);
        twice.apply(record);
      }
      copy.apply({ kind: 'parked', offset: 77n, parked: { key: 'other', at: 0n, failed: undefined } });
      copy.become(once);
      expect(stateOf(twice)).toEqual(stateOf(once));
      expect(stateOf(copy)).toEqual(stateOf(once));
    }));
  });

  it('given a failed message and followers, when it is asked for, then they come in order, and the key is free when all have passed', () => {
    const shelf = new Shelf();
    for (const offset of [30n, 10n, 20n]) shelf.apply({ kind: 'parked', offset, parked: { key: 'k', at: 1n, failed: offset === 10n ? FAILED : undefined } });
    expect(shelf.failed()).toMatchObject([{ offset: 10n, waiting: 2, replaying: false }]);
    shelf.apply({ kind: 'asked', offset: 10n });
    expect([shelf.nextReplay(2), shelf.after('k', 20n), shelf.askedOf('k')]).toEqual([[10n, 20n], 30n, [10n]]);
    for (const offset of [10n, 20n, 30n]) shelf.apply({ kind: 'passed', offset });
    expect([shelf.keys.size, shelf.hasReplay]).toEqual([0, false]);
  });

  it('given any record, when it is parked and read back, then key, value and headers are what they were', () => {
    const raw: fc.Arbitrary<RawRecord> = fc.record({
      offset: fc.bigInt({ min: 0n, max: 2n ** 62n }).map(String), key: fc.option(fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)), { nil: null }),
      value: fc.uint8Array().map((bytes) => Buffer.from(bytes)), timestamp: fc.constant('5'), headers: fc.constant({ ce_id: Buffer.from('x') }),
    });
    fc.assert(fc.property(raw, fc.option(fc.constant(FAILED), { nil: undefined }), (original, failed) => {
      const key = original.key?.toString('utf8') ?? 'place';
      const out = parkedRecord(SLOT, original, { key, failed });
      const back: RawRecord = { offset: '9', key: Buffer.from(out.key), value: out.value as Buffer, timestamp: out.timestamp ?? '', headers: out.headers };
      expect(readParked(back)).toEqual({ kind: 'parked', offset: BigInt(original.offset), parked: { key, at: 9n, failed } });
      expect(originalOf(back)).toEqual({ ...original, offset: '9' });
    }));
  });

  it('given messages of several partitions and topics, when they get ids, then these differ and are decimal numbers', () => {
    const ids = [0, 1, 255].flatMap((partition) => ['t', 'u'].flatMap((topic) => [0n, 1n, 2n ** 40n].map((offset) => deadLetterId({ ...SLOT, topic, partition }, offset))));
    expect(new Set(ids).size).toBe(18);
    for (const id of ids) expect(id).toMatch(/^\d+$/);
  });
});
