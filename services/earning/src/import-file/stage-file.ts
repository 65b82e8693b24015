import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Largest file, in bytes as sent: a year of a large chain's tickets, compressed; bounds what a caller can fill the disk with. */
export const IMPORT_BYTES_MAX = 4_294_967_296;

/** The file is larger than an import may be. */
export class FileTooLarge extends Error {
  override readonly name = 'FileTooLarge';
}

export interface FileFacts {
  /** SHA-256 of the bytes as sent, in hexadecimal. */
  readonly contentSha: string;
  readonly sizeBytes: number;
}

/** Writes a stream to disk and names its content; a stream that breaks or is too large leaves nothing behind. */
export async function stageFile(source: AsyncIterable<Uint8Array>, path: string, bytesMax: number = IMPORT_BYTES_MAX): Promise<FileFacts> {
  const counter = new Counter(bytesMax);
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
  const counter = new Counter(Number.POSITIVE_INFINITY);
  await pipeline(createReadStream(path), counter, async (bytes: AsyncIterable<unknown>) => { for await (const _ of bytes); });
  return counter.facts();
}

class Counter extends Transform {
  private readonly sha = createHash('sha256');
  private sizeBytes = 0;

  constructor(private readonly bytesMax: number) { super(); }

  facts(): FileFacts {
    return { contentSha: this.sha.digest('hex'), sizeBytes: this.sizeBytes };
  }

  override _transform(bytes: Buffer, _encoding: string, done: (error: Error | null, bytes?: Buffer) => void): void {
    this.sizeBytes += bytes.length;
    if (this.sizeBytes > this.bytesMax) {
      done(new FileTooLarge());
      return;
    }
    this.sha.update(bytes);
    done(null, bytes);
  }
}
