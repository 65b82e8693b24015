/** Digits a member's id must have in a row to be packed: fewer are not worth a frame. */
const DIGITS = /(?:[0-9a-f]{2}){8,}/;

/** Frames that one byte can tell apart. */
const FRAMES_MAX = 256;

/** A stream's name has at most 200 characters. */
const NAME_BYTES_MAX = 255;

/** Frame of names that are kept as they are. */
const WHOLE = 0;

/**
 * Stream names as few bytes: of `wallet-main~club~points~mbr_<32 hexadecimal digits>~1` only the digits are its own, half a byte each; the
 * frame around them is the same for all wallets of a programme and kept once. Equal names have equal bytes, and no others have.
 */
export class StreamNames {
  private readonly frames = new Map<string, number>();
  private readonly packed = Buffer.alloc(2 + NAME_BYTES_MAX);

  /** Frame, number of bytes, bytes: a view, good until the next name is packed. */
  pack(stream: string): Buffer {
    const digits = DIGITS.exec(stream);
    const frame = digits === null ? WHOLE : this.frameOf(stream, digits);
    const size = digits === null || frame === WHOLE ? this.packed.write(stream, 2, 'latin1') : this.packed.write(digits[0], 2, 'hex');
    this.packed[0] = frame;
    this.packed[1] = size;
    return this.packed.subarray(0, 2 + size);
  }

  private frameOf(stream: string, digits: RegExpExecArray): number {
    const around = `${stream.slice(0, digits.index)}\n${stream.slice(digits.index + digits[0].length)}`;
    const known = this.frames.get(around);
    if (known !== undefined) return known;
    const number = this.frames.size + 1;
    if (number >= FRAMES_MAX) return WHOLE;
    this.frames.set(around, number);
    return number;
  }
}

/** Bytes that `pack` made at the beginning of a record. */
export function packedSize(record: Uint8Array): number {
  return 2 + (record[1] ?? 0);
}
