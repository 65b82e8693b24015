/**
 * Integers and short texts in flat bytes: unsigned integers in groups of seven bits, lowest first (a small number takes one byte),
 * signed ones folded to unsigned first. Everything up to ±2⁵² − 1 survives.
 */
export class ByteWriter {
  private bytes = Buffer.allocUnsafe(256);
  private length = 0;

  get size(): number {
    return this.length;
  }

  /** One byte, 0 to 255. */
  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  unsigned(value: number): void {
    this.reserve(8);
    let rest = value;
    // Above 31 bits JavaScript has no integer operations; instants are that large, points hardly ever.
    while (rest >= 0x8000_0000) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  signed(value: number): void {
    this.unsigned(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** An instant, or Infinity for never. */
  instant(at: number): void {
    this.unsigned(at === Infinity ? 0 : at + 1);
  }

  /** Hexadecimal digits, two to a byte. Nothing says how many there are. */
  hex(digits: string): void {
    this.reserve(digits.length / 2);
    this.length += this.bytes.write(digits, this.length, 'hex');
  }

  /** Bytes as they are. Nothing says how many there are. */
  block(block: Uint8Array): void {
    this.reserve(block.length);
    this.bytes.set(block, this.length);
    this.length += block.length;
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.unsigned(size);
    this.reserve(size);
    this.length += this.bytes.write(value, this.length);
  }

  /** Empty again, to be used once more: making a writer costs more than writing a wallet. */
  emptied(): this {
    this.length = 0;
    return this;
  }

  /** A copy of what was written, in a shared buffer: one of its own for each wallet would keep the garbage collector busy. */
  finish(): Uint8Array {
    const copy = Buffer.allocUnsafe(this.length);
    copy.set(this.bytes.subarray(0, this.length));
    return copy;
  }

  /** Writes all of this at the end of another one. */
  copyTo(out: ByteWriter): void {
    out.block(this.bytes.subarray(0, this.length));
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** Reads what `ByteWriter` wrote, in the same order; throws RangeError past the end. */
export class ByteReader {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError('The bytes end before a byte');
    return byte;
  }

  unsigned(): number {
    let value = 0;
    let weight = 1;
    for (;;) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError('The bytes end within a number');
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
      weight *= 0x80;
    }
  }

  signed(): number {
    const folded = this.unsigned();
    return folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2;
  }

  instant(): number {
    const at = this.unsigned();
    return at === 0 ? Infinity : at - 1;
  }

  hex(digits: number): string {
    const text = this.bytes.toString('hex', this.at, this.at + digits / 2);
    if (text.length !== digits) throw new RangeError('The bytes end within a fingerprint');
    this.at += digits / 2;
    return text;
  }

  text(): string {
    const size = this.unsigned();
    const text = this.bytes.toString('utf8', this.at, this.at + size);
    this.at += size;
    return text;
  }

  /** So many bytes as they are: a view, not a copy. */
  block(size: number): Buffer {
    const block = this.bytes.subarray(this.at, this.at + size);
    if (block.length !== size) throw new RangeError('The bytes end within a block');
    this.at += size;
    return block;
  }

  /** Throws unless everything was read: what is left over was written by somebody else. */
  end(): void {
    if (this.at !== this.bytes.length) throw new RangeError(`${this.bytes.length - this.at} bytes are left over`);
  }
}
