import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import { VALUE_BYTES_MAX } from '../limits.ts';
import { UNREADABLE_HEADER, type RawRecord } from './records.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/**
 * Most bytes that one compressed batch may unpack to: as much as a whole subscription may read ahead. Producers fill batches to 1 MiB or so
 * before they compress them; without a bound some kilobytes could unpack to gigabytes.
 */
export const BATCH_UNPACKED_BYTES_MAX = 16 * 1_048_576;
/**
 * Most bytes that one answer of a broker unpacks to, beside the first batch of each partition: what comes after that is left packed and
 * fetched again. So every partition goes on, and memory does not depend on how well producers pack.
 */
export const ANSWER_UNPACKED_BYTES_MAX = 16 * 1_048_576;
const MIB = 1_048_576;

/** On a record that stands in for a batch that was left packed; it counts only on those made here. */
const LEFT_PACKED_HEADER = 'trebol_left_packed';
const leftPacked = new WeakSet<ArrayBufferLike>();

/** True for a record that says: from my offset on, fetch again. */
export function isLeftPacked({ headers, value }: RawRecord): boolean {
  return headers?.[LEFT_PACKED_HEADER] !== undefined && value !== null && leftPacked.has(value.buffer);
}

/** The header before the records of a batch, in bytes from its beginning (record format 2, since Kafka 0.11). */
const HEADER = { bytes: 61, magic: 16, lastOffsetDelta: 23, records: 57 } as const;
const FORMAT = 2;

interface BatchHeader { readonly first: bigint; readonly lastDelta: number; readonly records: number }

/** What was unpacked of an answer so far, and where the batch before ends: the next one of the partition begins there. */
interface Answer { unpacked: number; end: number }

/** By the memory that the answer came in. */
const answers = new WeakMap<ArrayBufferLike, Answer>();

type Unpack = (packed: Buffer) => Promise<Buffer>;
interface Codec { readonly compress: (encoder: { readonly buffer: Buffer }) => Promise<Buffer>; readonly decompress: Unpack }

const codes = { gzip: promisify(gzip), gunzip: promisify(gunzip), zstd: promisify(zstdCompress), unzstd: promisify(zstdDecompress) };
const LIMITS = { maxOutputLength: BATCH_UNPACKED_BYTES_MAX } as const;

const codecs: Readonly<Record<'GZIP' | 'Snappy' | 'LZ4' | 'ZSTD', Codec>> = {
  GZIP: { compress: ({ buffer }) => codes.gzip(buffer), decompress: reading('gzip', (packed) => codes.gunzip(packed, LIMITS)) },
  ZSTD: { compress: ({ buffer }) => codes.zstd(buffer), decompress: reading('zstd', (packed) => codes.unzstd(packed, LIMITS)) },
  Snappy: unknown('snappy'),
  LZ4: unknown('lz4'),
};

/** Tells kafkajs how to pack and unpack. What cannot be unpacked comes out as one record that says so: it never ends a fetch. */
export function installCodecs(): void {
  for (const [name, codec] of Object.entries(codecs)) CompressionCodecs[CompressionTypes[name as keyof typeof codecs]] = () => codec;
}

function unknown(name: string): Codec {
  return {
    compress: () => Promise.reject(new Error(`nothing is written with ${name}`)),
    decompress: reading(name, () => Promise.reject(new Error('no codec'))),
  };
}

function reading(name: string, unpack: Unpack): Unpack {
  return async (packed) => {
    const header = headerBefore(packed);
    const answer = answers.get(packed.buffer) ?? { unpacked: 0, end: 0 };
    answers.set(packed.buffer, answer);
    const isFirst = answer.end !== packed.byteOffset - HEADER.bytes;
    answer.end = packed.byteOffset + packed.length;
    if (header && !isFirst && answer.unpacked >= ANSWER_UNPACKED_BYTES_MAX) return leaveBatch(header);
    try {
      const unpacked = await unpack(packed);
      answer.unpacked += unpacked.length;
      return unpacked;
    } catch (error) {
      if (!header) throw error;
      return unreadableBatch(header, packed, `${name}: ${reasonOf(error)}`);
    }
  };
}

/** kafkajs gives a codec nothing but the packed bytes, and those lie right behind the batch's header. Undefined for older record formats. */
function headerBefore(packed: Buffer): BatchHeader | undefined {
  if (packed.byteOffset < HEADER.bytes) return undefined;
  const header = Buffer.from(packed.buffer, packed.byteOffset - HEADER.bytes, HEADER.bytes);
  if (header.readInt8(HEADER.magic) !== FORMAT) return undefined;
  return { first: header.readBigInt64BE(0), lastDelta: header.readInt32BE(HEADER.lastOffsetDelta), records: header.readInt32BE(HEADER.records) };
}

function leaveBatch({ records }: BatchHeader): Buffer {
  const left = Buffer.alloc(1);
  const bytes = Buffer.concat(Array.from({ length: records }, () => record(0, left, [LEFT_PACKED_HEADER, ''])));
  // Memory of its own, which no other record is a view into.
  const own = Buffer.alloc(bytes.length);
  bytes.copy(own);
  leftPacked.add(own.buffer);
  return own;
}

function reasonOf(error: unknown): string {
  // Those of zlib have a code.
  if (typeof error === 'object' && error !== null && 'code' in error) {
    return error.code === 'ERR_BUFFER_TOO_LARGE' ? `unpacks to more than ${BATCH_UNPACKED_BYTES_MAX / MIB} MiB` : 'damaged';
  }
  return 'not a compression that is read here';
}

/**
 * Stands in for the records of a batch that cannot be unpacked: all at the batch's last offset, so that what is read next lies behind it;
 * the first has the reason and the batch as it came, the others are dropped as repetitions.
 */
function unreadableBatch({ first, lastDelta, records }: BatchHeader, packed: Buffer, why: string): Buffer {
  const reason = `${why} (offsets ${first} to ${first + BigInt(lastDelta)}, ${records} records)`;
  const telling = record(lastDelta, packed.length <= VALUE_BYTES_MAX ? packed : Buffer.alloc(0), [UNREADABLE_HEADER, reason]);
  const repeated = record(lastDelta, Buffer.alloc(0), undefined);
  return Buffer.concat([telling, ...Array.from({ length: records - 1 }, () => repeated)]);
}

/** A record of format 2 without key. */
function record(offsetDelta: number, value: Buffer, header: readonly [name: string, value: string] | undefined): Buffer {
  const headers = header?.flatMap((text) => [varint(Buffer.byteLength(text)), Buffer.from(text)]) ?? [];
  const body = Buffer.concat([
    Buffer.of(0), varint(0), varint(offsetDelta), varint(-1), varint(value.length), value, varint(header ? 1 : 0), ...headers,
  ]);
  return Buffer.concat([varint(body.length), body]);
}

/** Zigzag, seven bits a byte, lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
