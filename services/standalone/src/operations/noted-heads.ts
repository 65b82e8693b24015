import { readFile } from 'node:fs/promises';
import type { ChainHead } from '@trebol/event-store';
import { z } from 'zod';

const chainHead = z.object({
  lane: z.enum(['bulk', 'interactive']), partition: z.int().positive(), chainedFrom: z.int().positive(),
  position: z.int().nonnegative(), hash: z.string().regex(/^[0-9a-f]{64}$/),
});
const notedFile = z.union([z.object({ chainHeads: z.array(chainHead) }).transform((file) => file.chainHeads), z.array(chainHead)]);

/**
 * Heads of hash chains from a file that an operator kept: what `trebol verify --json` printed, or only its
 * `chainHeads`. Throws, with the file's name, when it cannot be read or is something else.
 */
export async function readNotedHeads(path: string): Promise<readonly ChainHead[]> {
  const text = await readFile(path, 'utf8');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error(`${path}: not JSON`);
  }
  const noted = notedFile.safeParse(content);
  if (!noted.success) throw new Error(`${path}: not the chain heads that trebol verify --json prints`);
  if (noted.data.length === 0) throw new Error(`${path}: no chain heads in it`);
  return noted.data;
}
