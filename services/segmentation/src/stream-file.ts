import { StreamableFile } from '@nestjs/common';
import { open } from 'node:fs/promises';

/** A file as an answer; opened before answering, so that a missing file is an error and not half an answer. */
export async function streamFile(path: string, disposition: string, type: string): Promise<StreamableFile> {
  const handle = await open(path);
  const { size } = await handle.stat();
  return new StreamableFile(handle.createReadStream(), { type, disposition, length: size });
}
