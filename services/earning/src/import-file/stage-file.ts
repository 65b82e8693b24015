import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GZIP_MAGIC } from './read-lines.ts';

/** Largest file, in bytes as sent: a year of a large chain's tickets, compressed; bounds what a caller can fill the disk with. */
export const IMPORT_BYTES_MAX = 4_294_967_296;

/** The file is larger than an import may be. */
export class FileTooLarge extends Error {
  override readonly name = 'FileTooLarge';
}

/** The file was said to be gzip and does not begin like it. */
export class NotGzip extends Error {
  override readonly name = 'NotGzip';
}

export interface FileFacts {
  /** SHA-256 of the bytes as sent, in hexadecimal. */
  readonly contentSha: string;
  readonly sizeBytes: number;
}

/** What a file must be, or it is refused. */
export interface Wanted {
  readonly bytesMax: number;
  /** It was said to be gzip. */
  readonly gzip: boolean;
}

/**
 * Writes a stream to disk and names its content; a stream that breaks or is not what is wanted leaves nothing behind. Throws
 * `FileTooLarge`, `NotGzip`.
 */
export async function stageFile(
  source: AsyncIterable<Uint8Array>, path: string, { bytesMax = IMPORT_BYTES_MAX, gzip = false }: Partial<Wanted> = {},
): Promise<FileFacts> {
  const counter = new Counter({ bytesMax, gzip });
  try {
    await pipeline(Readable.from(source), counter, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return counter.facts();
}

/** Names the content of a file that is on disk already. */
export async function fileFacts(path: string): Promise<FileFacts> {
  const counter = new Counter({ bytesMax: Number.POSITIVE_INFINITY, gzip: false });
  await pipeline(createReadStream(path), counter, async (bytes: AsyncIterable<unknown>) => { for await (const _ of bytes); });
  return counter.facts();
}

class Counter extends Transform {
  private readonly sha = createHash('sha256');
  private sizeBytes = 0;

  constructor(private readonly wanted: Wanted) { super(); }

  facts(): FileFacts {
    return { contentSha: this.sha.digest('hex'), sizeBytes: this.sizeBytes };
  }

  /** True when one of the first two bytes is in this chunk and is not gzip's. */
  private beginsOtherwise(bytes: Buffer): boolean {
    return GZIP_MAGIC.some((byte, at) => (bytes[at - this.sizeBytes] ?? byte) !== byte);
  }

  override _transform(bytes: Buffer, _encoding: string, done: (error: Error | null, bytes?: Buffer) => void): void {
    const wrong = this.wanted.gzip && this.beginsOtherwise(bytes);
    this.sizeBytes += bytes.length;
    if (wrong || this.sizeBytes > this.wanted.bytesMax) {
      done(wrong ? new NotGzip() : new FileTooLarge());
      return;
    }
    this.sha.update(bytes);
    done(null, bytes);
  }
}
