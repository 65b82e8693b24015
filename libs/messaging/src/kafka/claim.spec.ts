import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

const GOLDEN = join(import.meta.dirname, '..', '..', '..', 'contracts', 'golden');
interface Golden { readonly topic: string; readonly key: string; readonly headers: Readonly<Record<string, string>>; readonly value: unknown }
const golden = readdirSync(GOLDEN).flatMap((file) => JSON.parse(readFileSync(join(GOLDEN, file), 'utf8')) as Golden[]);

describe('a golden message', () => {
  it.each(golden)('given one of $topic, when its record is read, then it is a message of ours, and one of ours is written just so', ({ topic, key, headers, value }) => {
    const raw = { offset: '4', key: Buffer.from(key), value: Buffer.from(JSON.stringify(value)), timestamp: '9', headers };
    const { message, failure } = readRecord(raw, { topic, partition: 0, offset: 4n });
    expect(failure).toBeUndefined();
    expect(message).toMatchObject({ topic, key, id: headers.ce_id, tenant: headers.tenant, type: topic, value: JSON.stringify(value) });
    const { ce_source: source, ce_dataschema: dataSchema } = headers;
    if (source !== undefined) expect(headersOf(message, { source, dataSchema })).toEqual(headers);
  });
});

describe('a claimed partition', () => {
  it('given fetches that overlap, when messages are taken in any sizes, then each comes once and in order', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 15 }), fc.nat(9)), { minLength: 1 }), (steps) => {
      const claim = new KafkaClaim(AT, 0n);
      const taken: number[] = [];
      let fetched = 0;
      for (const [back, more, take] of steps) {
        const records = range(Math.max(0, fetched - back), fetched + more);
        fetched += more;
        claim.add(records, BigInt(fetched - 1), Infinity);
        if (take > 0) taken.push(...offsetsOf(claim, take));
      }
      while (claim.bufferedMessages > 0) taken.push(...offsetsOf(claim, 4));
      expect(taken).toEqual(Array.from({ length: fetched }, (_, n) => n));
      expect(claim.bufferedBytes).toBe(0);
    }));
  });

  it('given large messages, when a batch is taken, then it holds one at least and no more bytes than asked for', () => {
    const claim = new KafkaClaim(AT, 0n);
    claim.add([raw(0, 'x'.repeat(5_000)), raw(1, 'x'.repeat(1_000)), raw(2, 'x'.repeat(1_000)), raw(3)], 3n, Infinity);
    expect([offsetsOf(claim, 10, 3_000), offsetsOf(claim, 10, 3_000), offsetsOf(claim, 10, 3_000)]).toEqual([[0], [1, 2], [3]]);
  });

  it('given more than may wait, when it is added, then one record at least is kept, never more, and the rest comes when it is fetched again', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 3_000 }), (sizes, bytesMax) => {
      const claim = new KafkaClaim(AT, 0n);
      const records = sizes.map((size, n) => raw(n, 'x'.repeat(size)));
      const taken: number[] = [];
      for (let whole = false; !whole || claim.bufferedMessages > 0;) {
        whole = claim.add(records.slice(Number(claim.position)), BigInt(sizes.length - 1), bytesMax) === 'whole';
        expect(claim.bufferedMessages === 1 || claim.bufferedBytes <= bytesMax).toBe(true);
        taken.push(...offsetsOf(claim, 2));
      }
      expect(taken).toEqual(sizes.map((_, n) => n));
    }));
  });

  it('given records of a large unpacked batch, when only some have room, then they are kept without the batch', () => {
    const whole = Buffer.alloc(1_000_000, 'x');
    const view = (n: number): RawRecord => ({ ...raw(n), value: whole.subarray(n * 1_000, n * 1_000 + 1_000), headers: { ce_id: whole.subarray(0, 1), tenant: whole.subarray(0, 4) } });
    const claim = new KafkaClaim(AT, 0n);
    expect(claim.add(Array.from({ length: 1_000 }, (_, n) => view(n)), 999n, 5_000)).toBe('full');
    const batch = claim.take(10, 1e9);
    const kept = batch.messages.map((message) => claim.originalOf(batch, message));
    expect(kept.map(({ value, headers }) => [value?.length, String(headers?.ce_id)])).toEqual([[1_000, 'x'], [1_000, 'x'], [1_000, 'x']]);
    expect(kept.some(({ value, headers }) => [value, headers?.tenant].some((part) => Buffer.isBuffer(part) && part.buffer === whole.buffer))).toBe(false);
  });

  it('given a batch that could not be unpacked, when it is added, then it is one record, and what is wanted next lies behind it', () => {
    const claim = new KafkaClaim(AT, 3n);
    claim.add([raw(9), raw(9), raw(9)], 9n, Infinity);
    expect([claim.bufferedMessages, claim.position]).toEqual([1, 10n]);
  });

  it('given markers behind the last message, when it is taken, then the offset to store lies behind them', () => {
    const claim = new KafkaClaim(AT, -1n);
    claim.add(range(5, 8), 9n, Infinity);
    expect([claim.take(2, 1e9).through, claim.take(2, 1e9).through, claim.position]).toEqual([6n, 9n, 10n]);
  });

  it('given a message, when it is written as a record and read, then it is the same; type and time may be missing', () => {
    const message = { topic: 't', key: 'ñ', id: 'm', type: 'x.y', tenant: 'main', time: 1_767_225_600_123, value: '{"a":"🍀"}', traceparent: '00-1-2-01' };
    const headers = headersOf(message, { source: '/trebol/test', dataSchema: 'urn:t' });
    expect(headers).toMatchObject({ ce_specversion: '1.0', ce_source: '/trebol/test', ce_subject: 'ñ', ce_dataschema: 'urn:t', ce_time: '2026-01-01T00:00:00.123Z', 'content-type': 'application/json' });
    const record: RawRecord = { offset: '4', key: Buffer.from(message.key), value: Buffer.from(message.value), timestamp: '9', headers };
    const origin = { ...AT, offset: 4n };
    expect(readRecord(record, origin)).toEqual({ message: { ...message, subject: 'ñ', dataSchema: 'urn:t', partition: 0, offset: 4n }, failure: undefined });
    const { ce_type: _type, ce_time: _time, ...rest } = headers;
    expect(readRecord({ ...record, headers: rest }, origin)).toMatchObject({ message: { type: 't', time: 9 }, failure: undefined });
  });
});
