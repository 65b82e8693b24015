import { BinaryWriter } from './binary-writer.ts';
import { codingOf, type ColumnType, notOfType, writeValue } from './column-types.ts';

const HEADER_BYTES = 20;

/**
 * A one-dimensional PostgreSQL array in binary format, as one Buffer: pass it as the parameter `$n::type[]` (pg sends Buffers
 * in binary). `int8` takes number or bigint, `timestamptz` milliseconds, `uuid` text, `date` 'YYYY-MM-DD', `bytea` a Uint8Array;
 * null is allowed everywhere. Throws a TypeError that names the element (from 0) for any other value.
 */
export function binaryArray(type: ColumnType, values: readonly unknown[]): Buffer {
  const coding = codingOf(type);
  const writer = new BinaryWriter(HEADER_BYTES + values.length * coding.bytesTypical);
  writer.int32(values.length === 0 ? 0 : 1); // dimensions
  writer.int32(values.some((value) => value === null || value === undefined) ? 1 : 0); // has nulls
  writer.int32(coding.oid);
  if (values.length === 0) return writer.written();
  writer.int32(values.length);
  writer.int32(1); // lower bound
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (!writeValue(writer, coding, value)) throw notOfType(`element ${index} of ${type}[]`, coding, value);
  }
  return writer.written();
}
