import { createRequire } from 'node:module';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { VALUE_BYTES_MAX } from '../limits.ts';
import { ANSWER_UNPACKED_BYTES_MAX, BATCH_UNPACKED_BYTES_MAX, isLeftPacked } from './codecs.ts';
import { newClient } from './connection.ts';
import { readRecord, type RawRecord } from './records.ts';

/** kafkajs's own reading of a fetched batch. */
const require = createRequire(import.meta.url);
const Decoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => object;
const decode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<{ readonly records: readonly RawRecord[] }>;
const CODEC = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;

const decodeMessages = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as (decoder: object) => Promise<readonly RawRecord[]>;

/** A batch as it lies in a log: its header, then what the records were packed to. */
function batchOf(codec: keyof typeof CODEC, packed: Buffer, { first = 17n, delta = 25, count = 26 } = {}): Buffer {
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(first, 0);
  header.writeInt32BE(49 + packed.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(CODEC[codec], 21);
  header.writeInt32BE(delta, 23);
  header.writeInt32BE(count, 57);
  return Buffer.concat([header, packed]);
}

async function failuresOf(batch: Buffer) {
  const { records } = await decode(new Decoder(batch));
  return records.map((record) => ({ record, ...readRecord(record, { topic: 't', partition: 3, offset: BigInt(record.offset) }) }));
}

/** A varint of four bytes, whatever the number. */
const wide = (n: number): Buffer => Buffer.from([0, 7, 14, 21].map((shift, at) => ((n * 2) >>> shift & 0x7f) | (at < 3 ? 0x80 : 0)));

/** One record: its length, fields of no content, a value so large that all of it has that many bytes, no headers. */
function recordOf(bytes: number): Buffer {
  const value = Buffer.alloc(bytes - 13, 'x');
  const body = Buffer.concat([Buffer.of(0, 0, 0, 1), wide(value.length), value, Buffer.of(0)]);
  return Buffer.concat([wide(body.length), body]);
}

describe('an answer of many batches that pack to almost nothing', () => {
  const MIB = 1_048_576;
  const packed = zstdCompressSync(recordOf(MIB));
  /** Partitions of so many batches of 1 MiB each, read one after the other as they lie in one answer. */
  const read = async (partitions: readonly number[]) => {
    const sets = partitions.map((count) => {
      const batches = Buffer.concat(Array.from({ length: count }, (_, n) => batchOf('zstd', packed, { first: BigInt(n), delta: 0, count: 1 })));
      const [size, between] = [Buffer.alloc(4), Buffer.from('the head of the next partition')];
      size.writeInt32BE(batches.length);
      return Buffer.concat([between, size, batches]);
    });
    const answer = Buffer.concat(sets);
    let at = 0;
    const found: (readonly RawRecord[])[] = [];
    for (const set of sets) {
      found.push(await decodeMessages(new Decoder(answer.subarray(at + 30, at + set.length))));
      at += set.length;
    }
    return found.map((records) => [records.filter((record) => !isLeftPacked(record)).length, records.find(isLeftPacked)?.offset]);
  };

  it('given more than an answer may unpack to, when it is read, then each partition has its first batch and the rest is left packed', async () => {
    const most = ANSWER_UNPACKED_BYTES_MAX / MIB;
    expect(await read([most, 1, 1])).toEqual([[most, undefined], [1, undefined], [1, undefined]]);
    expect(await read([10, 5, 9, 3])).toEqual([[10, undefined], [5, undefined], [1, '1'], [1, '1']]);
    expect(await read([most + 4, 2])).toEqual([[most, String(most)], [1, '1']]);
  });

  it('given a record that claims to be left packed, when it is read, then it is a record like any other', () => {
    const record = { offset: '1', key: null, value: Buffer.alloc(1), timestamp: '0', headers: { trebol_left_packed: '' } };
    expect(isLeftPacked(record)).toBe(false);
  });
});

describe('a batch that cannot be unpacked', () => {
  // Loading the connection tells kafkajs of the codecs.
  newClient({ brokers: ['localhost:1'], tls: false }, 'test');

  it.each([
    ['snappy', Buffer.from('not for us'), 'snappy: not a compression that is read here'],
    ['lz4', Buffer.from('not for us'), 'lz4: not a compression that is read here'],
    ['gzip', Buffer.from('no gzip'), 'gzip: damaged'],
    ['zstd', Buffer.from('no zstd'), 'zstd: damaged'],
    ['gzip', gzipSync(Buffer.alloc(BATCH_UNPACKED_BYTES_MAX + 1)), 'gzip: unpacks to more than 16 MiB'],
    ['zstd', zstdCompressSync(Buffer.alloc(BATCH_UNPACKED_BYTES_MAX + 1)), 'zstd: unpacks to more than 16 MiB'],
  ] as const)('given %s of %s, when it is read, then it is one unreadable record at the end of its range, with its bytes', async (codec, packed, why) => {
    const read = await failuresOf(batchOf(codec, packed));
    expect(new Set(read.map(({ record }) => record.offset))).toEqual(new Set(['42']));
    expect(read[0]).toMatchObject({
      failure: { code: 'unreadable', detail: `${why} (offsets 17 to 42, 26 records)` }, message: { key: 't/3/42', value: '' }, record: { value: packed },
    });
  });

  it('given a batch at the limit, when it is read, then it is unpacked', async () => {
    const unpacked = recordOf(BATCH_UNPACKED_BYTES_MAX);
    expect(unpacked).toHaveLength(BATCH_UNPACKED_BYTES_MAX);
    const [read] = await failuresOf(batchOf('zstd', zstdCompressSync(unpacked), { delta: 0, count: 1 }));
    expect([read?.record.offset, read?.record.value?.length]).toEqual(['17', BATCH_UNPACKED_BYTES_MAX - 13]);
  });

  it('given any range and any bytes, when it is read, then what comes next lies behind it; more bytes than a dead letter takes are left out', async () => {
    await fc.assert(fc.asyncProperty(fc.bigInt({ min: 0n, max: 2n ** 60n }), fc.nat(2 ** 20), fc.integer({ min: 1, max: 40 }), async (first, delta, count) => {
      const read = await failuresOf(batchOf('lz4', Buffer.from('x'), { first, delta, count }));
      expect([read.length, read.at(-1)?.record.offset]).toEqual([count, String(first + BigInt(delta))]);
    }), { numRuns: 30 });
    const sizes = await Promise.all([VALUE_BYTES_MAX, VALUE_BYTES_MAX + 1].map((bytes) => failuresOf(batchOf('lz4', Buffer.alloc(bytes), { count: 1 }))));
    expect(sizes.map(([read]) => read?.record.value?.length)).toEqual([VALUE_BYTES_MAX, 0]);
  });
});
