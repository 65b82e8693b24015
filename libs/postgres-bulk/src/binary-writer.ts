const UINT32 = 0x1_0000_0000;

/** A big-endian byte buffer that grows by doubling; `reset` keeps its memory for the next chunk. */
export class BinaryWriter {
  private bytes: Buffer;
  private end = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.end;
  }

  /** What was written, without a copy: valid until the next `reset`. */
  written(): Buffer {
    return this.bytes.subarray(0, this.end);
  }

  /** Starts again at 0; `inNewMemory` when somebody still reads what `written` handed out. */
  reset(inNewMemory: boolean): void {
    if (inNewMemory) this.bytes = Buffer.allocUnsafeSlow(this.bytes.length);
    this.end = 0;
  }

  byte(value: number): void {
    this.ensure(1);
    this.bytes[this.end++] = value;
  }

  int16(value: number): void {
    this.ensure(2);
    const { bytes, end } = this;
    bytes[end] = value >> 8;
    bytes[end + 1] = value;
    this.end = end + 2;
  }

  int32(value: number): void {
    this.ensure(4);
    this.putInt32(this.end, value);
    this.end += 4;
  }

  /** `value` must be a safe integer. */
  int64(value: number): void {
    const high = Math.floor(value / UINT32);
    this.int32(high);
    this.int32(value - high * UINT32);
  }

  bigInt64(value: bigint): void {
    this.ensure(8);
    this.end = this.bytes.writeBigInt64BE(value, this.end);
  }

  /** Length (int32) and bytes. */
  sizedBytes(value: Uint8Array): void {
    this.int32(value.length);
    this.ensure(value.length);
    this.bytes.set(value, this.end);
    this.end += value.length;
  }

  /** Length (int32) and UTF-8 text. */
  sizedText(value: string): void {
    this.ensure(4 + value.length * 3);
    const size = this.bytes.write(value, this.end + 4, 'utf8');
    this.putInt32(this.end, size);
    this.end += 4 + size;
  }

  private putInt32(at: number, value: number): void {
    const { bytes } = this;
    bytes[at] = value >> 24;
    bytes[at + 1] = value >> 16;
    bytes[at + 2] = value >> 8;
    bytes[at + 3] = value;
  }

  private ensure(more: number): void {
    const needed = this.end + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }
}
