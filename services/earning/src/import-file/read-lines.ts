import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';

/** Compressed bytes given to the decompressor at once: gzip swells by a factor of 1,032 at most, so one step stays below 17 MB. */
const GZIP_STEP_BYTES = 16_384;
/** Longest row, in characters. A longer one is no row of any format we read; its beginning is kept for the reject. */
export const ROW_CHARS_MAX = 4_194_304;
const EXCERPT_OF_OVERLONG_CHARS = 200;

/** The file ends or breaks before its time: what was read before is good. */
export class BrokenFile extends Error {
  override readonly name = 'BrokenFile';

  constructor(readonly code: 'truncatedGzip' | 'corruptGzip' | 'unreadableFile' | 'notText', readonly atByte: number, cause: unknown) {
    super(code, { cause });
  }
}

/** What no text holds: control characters but the tab. UTF-16, archives and pictures have some at once. */
const NO_TEXT = /[^\P{Cc}\t]/u;

/** One physical line. `overlong`: `text` is only its beginning. */
export interface Line {
  readonly text: string;
  /** From 1; the heading is row 1. */
  readonly row: number;
  readonly overlong: boolean;
}

/**
 * Lines of a file, plain or gzip (told by its first bytes), some at a time. Ends with `BrokenFile` after everything that could be
 * read was handed out; a file whose first line is no text is broken there.
 */
export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<readonly Line[]> {
  const decoder = new StringDecoder('utf8');
  const splitter = new Splitter();
  for await (const bytes of plain(source)) {
    const lines = splitter.push(decoder.write(bytes));
    if (lines.length > 0) yield textOnly(lines);
  }
  const last = splitter.end(decoder.end());
  if (last.length > 0) yield textOnly(last);
}

/** The same lines. Throws `BrokenFile` where they begin a file that is no text: reading on would reject every piece of it. */
function textOnly(lines: readonly Line[]): readonly Line[] {
  const [first] = lines;
  if (first?.row === 1 && NO_TEXT.test(first.text)) throw new BrokenFile('notText', 0, undefined);
  return lines;
}

class Splitter {
  private rest = '';
  private row = 0;
  /** Set while the rest of an overlong row is being thrown away. */
  private overlong: string | undefined;

  push(text: string): readonly Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      this.finishLine(lines, text.slice(from, at));
      from = at + 1;
    }
    if (this.overlong !== undefined) return lines;
    this.rest += text.slice(from);
    if (this.rest.length > ROW_CHARS_MAX) {
      this.overlong = this.rest.slice(0, EXCERPT_OF_OVERLONG_CHARS);
      this.rest = '';
    }
    return lines;
  }

  end(text: string): readonly Line[] {
    const lines = [...this.push(text)];
    if (this.rest !== '' || this.overlong !== undefined) this.finishLine(lines, '');
    return lines;
  }

  private finishLine(lines: Line[], tail: string): void {
    this.row += 1;
    if (this.overlong !== undefined) {
      lines.push({ text: this.overlong, row: this.row, overlong: true });
      this.overlong = undefined;
      return;
    }
    let text = this.rest === '' ? tail : this.rest + tail;
    this.rest = '';
    if (this.row === 1 && text.startsWith('\uFEFF')) text = text.slice(1);
    if (text.endsWith('\r')) text = text.slice(0, -1);
    const overlong = text.length > ROW_CHARS_MAX;
    lines.push({ text: overlong ? text.slice(0, EXCERPT_OF_OVERLONG_CHARS) : text, row: this.row, overlong });
  }
}

/** The bytes as they are, or decompressed when they begin like gzip. */
async function* plain(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let gzip: GzipSteps | undefined;
  let first = true;
  for await (const bytes of fromTwoBytesOn(source)) {
    if (first && bytes[0] === GZIP_MAGIC[0] && bytes[1] === GZIP_MAGIC[1]) gzip = new GzipSteps();
    first = false;
    if (gzip) yield* gzip.write(bytes);
    else yield bytes;
  }
  if (gzip) yield* gzip.end();
}

/** The first bytes of every gzip. */
export const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** The same bytes, the first chunk at least two long, as what kind of file it is stands there. */
async function* fromTwoBytesOn(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined;
  let told = false;
  for await (const bytes of readable(source)) {
    const joined: Buffer = head ? Buffer.concat([head, bytes]) : bytes;
    told ||= joined.length >= GZIP_MAGIC.length;
    head = told ? undefined : joined;
    if (told) yield joined;
  }
  if (head) yield head;
}

/** The same bytes; a failing source is told as a broken file. */
async function* readable(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let atByte = 0;
  const chunks = source[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((cause: unknown) => { throw new BrokenFile('unreadableFile', atByte, cause); });
    if (next.done) return;
    atByte += next.value.length;
    yield next.value;
  }
}

/**
 * Decompression step by step. A stream piped through zlib drops what it has already decompressed when the end is broken; here each
 * step hands out everything before the fault is told.
 */
class GzipSteps {
  private readonly gunzip = createGunzip();
  private ready: Buffer[] = [];
  private atByte = 0;
  /** Ends the wait of the step in hand: a fault closes the stream and its callbacks never come. */
  private wake: () => void = () => undefined;

  constructor() {
    this.gunzip.on('data', (bytes: Buffer) => this.ready.push(bytes));
    this.gunzip.on('error', () => undefined); // looked at after each step
    this.gunzip.on('close', () => this.wake());
  }

  async* write(bytes: Buffer): AsyncGenerator<Buffer> {
    for (let from = 0; from < bytes.length; from += GZIP_STEP_BYTES) {
      const step = bytes.subarray(from, from + GZIP_STEP_BYTES);
      this.atByte += step.length;
      await this.step((done) => this.gunzip.write(step, done));
      yield* this.handOut();
    }
  }

  async* end(): AsyncGenerator<Buffer> {
    await this.step(() => this.gunzip.end());
    yield* this.handOut();
  }

  /** Waits until the work is done or the stream is closed, whichever comes first. */
  private step(work: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      if (this.gunzip.destroyed) resolve();
      else work(resolve);
    });
  }

  private* handOut(): Generator<Buffer> {
    const ready = this.ready;
    this.ready = [];
    yield* ready;
    const fault = this.gunzip.errored;
    if (!fault) return;
    const code = (fault as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' ? 'truncatedGzip' : 'corruptGzip';
    throw new BrokenFile(code, this.atByte, fault);
  }
}
