import { readFile } from 'node:fs/promises';
import type { ChainHead } from '@trebol/event-store';
import { z } from 'zod';

const chainHead = z.object({
  lane: z.enum(['bulk', 'interactive']), partition: z.int().positive(), chainedFrom: z.int().positive(),
  position: z.int().nonnegative(), hash: z.string().regex(/^[0-9a-f]{64}$/),
});
const notedFile = z.union([z.object({ chainHeads: z.array(chainHead) }).transform((file) => file.chainHeads), z.array(chainHead)]);

/** The file does not hold noted heads. */
export class NotedHeadsUnusable extends Error {
  override readonly name = 'NotedHeadsUnusable';
  constructor(readonly reason: 'unreadable' | 'notJson' | 'notHeads' | 'none', readonly path: string) {
    super(`${path}: ${reason}`);
  }
}

/**
 * Heads of hash chains from a file that an operator kept: what `trebol verify --json` printed, or only its
 * `chainHeads`. Throws `NotedHeadsUnusable`.
 */
export async function readNotedHeads(path: string): Promise<readonly ChainHead[]> {
  const content = parsed(path, await readFile(path, 'utf8').catch(() => {
    throw new NotedHeadsUnusable('unreadable', path);
  }));
  const noted = notedFile.safeParse(content);
  if (!noted.success) throw new NotedHeadsUnusable('notHeads', path);
  if (noted.data.length === 0) throw new NotedHeadsUnusable('none', path);
  return noted.data;
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotedHeadsUnusable('notJson', path);
  }
}
