import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KafkaClaim } from './claim.ts';
import { headersOf, readRecord, type RawRecord } from './records.ts';

const AT = { topic: 't', partition: 0 };
const raw = (offset: number, value = '{}'): RawRecord => ({
  offset: String(offset), key: Buffer.from('k'), value: Buffer.from(value), timestamp: '7', headers: { ce_id: Buffer.from(`m-${offset}`), tenant: Buffer.from('main') },
});
const range = (from: number, to: number): RawRecord[] => Array.from({ length: to - from }, (_, n) => raw(from + n));
const offsetsOf = (claim: KafkaClaim, messagesMax: number, bytesMax = 1e9): number[] => claim.take(messagesMax, bytesMax).messages.map(({ offset }) => Number(offset));

describe('a claimed partition', () => {
  it('given fetches that overlap, when messages are taken in any sizes, then each comes once and in order', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 15 }), fc.nat(9)), { minLength: 1 }), (steps) => {
      const claim = new KafkaClaim(AT, 0n);
      const taken: number[] = [];
      let fetched = 0;
      for (const [back, more, take] of steps) {
        const records = range(Math.max(0, fetched - back), fetched + more);
        fetched += more;
        claim.add(records, BigInt(fetched - 1));
        if (take > 0) taken.push(...offsetsOf(claim, take));
      }
      while (claim.bufferedMessages > 0) taken.push(...offsetsOf(claim, 4));
      expect(taken).toEqual(Array.from({ length: fetched }, (_, n) => n));
      expect(claim.bufferedBytes).toBe(0);
    }));
  });

  it('given large messages, when a batch is taken, then it holds one at least and no more bytes than asked for', () => {
    const claim = new KafkaClaim(AT, 0n);
    claim.add([raw(0, 'x'.repeat(5_000)), raw(1, 'x'.repeat(1_000)), raw(2, 'x'.repeat(1_000)), raw(3)], 3n);
    expect([offsetsOf(claim, 10, 3_000), offsetsOf(claim, 10, 3_000), offsetsOf(claim, 10, 3_000)]).toEqual([[0], [1, 2], [3]]);
  });

  it('given markers behind the last message, when it is taken, then the offset to store lies behind them', () => {
    const claim = new KafkaClaim(AT, -1n);
    claim.add(range(5, 8), 9n);
    expect([claim.take(2, 1e9).through, claim.take(2, 1e9).through, claim.position]).toEqual([6n, 9n, 10n]);
  });

  it('given a message, when it is written as a record and read, then it is the same; type and time may be missing', () => {
    const message = { topic: 't', key: 'ñ', id: 'm', type: 'x.y', tenant: 'main', time: 1_767_225_600_123, value: '{"a":"🍀"}', traceparent: '00-1-2-01' };
    const headers = headersOf(message, '/trebol/test');
    expect(headers).toMatchObject({ ce_specversion: '1.0', ce_source: '/trebol/test', ce_time: '2026-01-01T00:00:00.123Z', 'content-type': 'application/json' });
    const record: RawRecord = { offset: '4', key: Buffer.from(message.key), value: Buffer.from(message.value), timestamp: '9', headers };
    const origin = { ...AT, offset: 4n };
    expect(readRecord(record, origin)).toEqual({ message: { ...message, partition: 0, offset: 4n }, failure: undefined });
    const { ce_type: _type, ce_time: _time, ...rest } = headers;
    expect(readRecord({ ...record, headers: rest }, origin)).toMatchObject({ message: { type: 't', time: 9 }, failure: undefined });
  });
});
