import { inspect } from 'node:util';

import type { BinaryWriter } from './binary-writer.ts';

/** PostgreSQL types that can be written in binary. */
export type ColumnType = 'int2' | 'int4' | 'int8' | 'bool' | 'text' | 'bytea' | 'uuid' | 'timestamptz' | 'date';

/** Writes one value that is not null as its length (int32) and its bytes; false when the value is not one of the type. */
type Encode = (writer: BinaryWriter, value: unknown) => boolean;

interface Coding {
  /** The type's object id, fixed in PostgreSQL's catalogue (`pg_type.dat`). */
  readonly oid: number;
  readonly encode: Encode;
  /** What a value must be, for the error message. */
  readonly wanted: string;
  /** Bytes of a typical value with its length word: a first guess at the size of an array. */
  readonly bytesTypical: number;
}

const INT8_MIN = -(2n ** 63n);
const INT8_MAX = 2n ** 63n - 1n;
/** PostgreSQL counts time from 2000-01-01 (UTC). */
const EPOCH_2000_MS = Date.UTC(2000, 0, 1);
const DAY_MS = 86_400_000;
/** PostgreSQL's first instant, 4714-11-24 BC. */
const TIMESTAMP_MS_MIN = -210_866_803_200_000;
/** The last instant of JavaScript's calendar, in the year 275760; PostgreSQL goes further. */
const TIMESTAMP_MS_MAX = 8_640_000_000_000_000;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const UUID_CHARS = 36;
const SHOWN_CHARS = 60;
/** Value of a hexadecimal digit by character code, -1 for any other character. */
const HEX = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 16; digit += 1) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

const CODINGS: Readonly<Record<ColumnType, Coding>> = {
  int2: { oid: 21, encode: encodeInt2, wanted: 'an integer of 16 bits', bytesTypical: 6 },
  int4: { oid: 23, encode: encodeInt4, wanted: 'an integer of 32 bits', bytesTypical: 8 },
  int8: { oid: 20, encode: encodeInt8, wanted: 'a safe integer or a bigint of 64 bits', bytesTypical: 12 },
  bool: { oid: 16, encode: encodeBool, wanted: 'true or false', bytesTypical: 5 },
  text: { oid: 25, encode: encodeText, wanted: 'well-formed text without U+0000', bytesTypical: 48 },
  bytea: { oid: 17, encode: encodeBytes, wanted: 'a Uint8Array', bytesTypical: 128 },
  uuid: { oid: 2950, encode: encodeUuid, wanted: 'a UUID of 36 characters', bytesTypical: 20 },
  timestamptz: { oid: 1184, encode: encodeInstant, wanted: 'an integer of milliseconds since 1970 in the calendar', bytesTypical: 12 },
  date: { oid: 1082, encode: encodeDate, wanted: "a day 'YYYY-MM-DD'", bytesTypical: 8 },
};

/** How values of a type are written; throws for a type this library does not know. */
export function codingOf(type: ColumnType): Coding {
  const coding: Coding | undefined = CODINGS[type];
  if (coding === undefined) throw new TypeError(`postgres-bulk cannot write the type ${String(type)}`);
  return coding;
}

/** Writes a value or a null (length -1); false when the value is not one of the type. */
export function writeValue(writer: BinaryWriter, coding: Coding, value: unknown): boolean {
  if (value !== null && value !== undefined) return coding.encode(writer, value);
  writer.int32(-1);
  return true;
}

/** The error for a value that `writeValue` did not take; `where` names its place. */
export function notOfType(where: string, coding: Coding, value: unknown): TypeError {
  return new TypeError(`${where}: ${shown(value)} is not ${coding.wanted}`);
}

function encodeInt2(writer: BinaryWriter, value: unknown): boolean {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < -32_768 || value > 32_767) return false;
  writer.int32(2);
  writer.int16(value);
  return true;
}

function encodeInt4(writer: BinaryWriter, value: unknown): boolean {
  if (typeof value !== 'number' || (value | 0) !== value) return false;
  writer.int32(4);
  writer.int32(value);
  return true;
}

function encodeInt8(writer: BinaryWriter, value: unknown): boolean {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) return false;
    writer.int32(8);
    writer.int64(value);
    return true;
  }
  if (typeof value !== 'bigint' || value < INT8_MIN || value > INT8_MAX) return false;
  writer.int32(8);
  writer.bigInt64(value);
  return true;
}

function encodeBool(writer: BinaryWriter, value: unknown): boolean {
  if (typeof value !== 'boolean') return false;
  writer.int32(1);
  writer.byte(value ? 1 : 0);
  return true;
}

/** A lone surrogate would silently become U+FFFD, and PostgreSQL's text cannot hold U+0000: both are refused. */
function encodeText(writer: BinaryWriter, value: unknown): boolean {
  if (typeof value !== 'string' || value.includes('\0') || !value.isWellFormed()) return false;
  writer.sizedText(value);
  return true;
}

function encodeBytes(writer: BinaryWriter, value: unknown): boolean {
  if (!(ArrayBuffer.isView(value) && 'BYTES_PER_ELEMENT' in value && value.BYTES_PER_ELEMENT === 1)) return false;
  writer.sizedBytes(value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  return true;
}

function encodeUuid(writer: BinaryWriter, value: unknown): boolean {
  if (typeof value !== 'string' || !isUuid(value)) return false;
  writer.int32(16);
  for (let at = 0; at < UUID_CHARS; at += 2) {
    if (at === 8 || at === 13 || at === 18 || at === 23) at += 1;
    writer.byte((hexAt(value, at) << 4) | hexAt(value, at + 1));
  }
  return true;
}

function isUuid(value: string): boolean {
  if (value.length !== UUID_CHARS) return false;
  for (let at = 0; at < UUID_CHARS; at += 1) {
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (value.charCodeAt(at) !== 45) return false;
    } else if (hexAt(value, at) < 0) return false;
  }
  return true;
}

function hexAt(value: string, at: number): number {
  return HEX[value.charCodeAt(at)] ?? -1;
}

function encodeInstant(writer: BinaryWriter, value: unknown): boolean {
  if (typeof value !== 'number' || !Number.isInteger(value)) return false;
  if (value < TIMESTAMP_MS_MIN || value > TIMESTAMP_MS_MAX) return false;
  const microseconds = (value - EPOCH_2000_MS) * 1000;
  writer.int32(8);
  if (Number.isSafeInteger(microseconds)) writer.int64(microseconds);
  else writer.bigInt64(BigInt(value - EPOCH_2000_MS) * 1000n);
  return true;
}

function encodeDate(writer: BinaryWriter, value: unknown): boolean {
  const parts = typeof value === 'string' ? DATE.exec(value) : null;
  if (parts === null) return false;
  const midnight = new Date(0);
  midnight.setUTCFullYear(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
  // The calendar rolls 30 February over into March; such a text is no day. Year 0000 does not exist in PostgreSQL.
  if (midnight.getUTCMonth() !== Number(parts[2]) - 1 || midnight.getUTCDate() !== Number(parts[3]) || parts[1] === '0000') return false;
  writer.int32(4);
  writer.int32((midnight.getTime() - EPOCH_2000_MS) / DAY_MS);
  return true;
}

/** A value as an error message may show it: short, and never the whole of a long text. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 0, breakLength: Infinity });
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}
