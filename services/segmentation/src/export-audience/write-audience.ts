import { createHash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ScoredMember } from '../run-record.ts';
import { csvLine } from './csv.ts';

/** Columns of the destination `internal`: ids of ours and figures, nothing personal. */
export const INTERNAL_COLUMNS = [
  'memberId', 'recencyScore', 'frequencyScore', 'monetaryScore', 'group', 'lastPurchaseDay', 'orders', 'amountMinor', 'currency',
] as const;

export interface WrittenFile {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Writes members as CSV, page by page; the file appears under its name only when it is whole and on disk. */
export async function writeAudience(path: string, pages: AsyncIterable<readonly ScoredMember[]>, currency: string): Promise<WrittenFile> {
  const hash = createHash('sha256');
  let rows = 0;
  let bytes = 0;
  await writeWhole(path, async (write) => {
    const add = async (text: string): Promise<void> => {
      const part = Buffer.from(text, 'utf8');
      hash.update(part);
      bytes += part.length;
      await write(part);
    };
    await add(csvLine(INTERNAL_COLUMNS));
    for await (const members of pages) {
      rows += members.length;
      if (members.length > 0) await add(members.map((member) => csvLine(cellsOf(member, currency))).join(''));
    }
  });
  return { rows, bytes, sha256: hash.digest('hex') };
}

const cellsOf = (member: ScoredMember, currency: string): readonly (string | number)[] =>
  [member.memberId, member.r, member.f, member.m, member.group, member.lastPurchaseDay, member.orders, member.amountMinor, currency];

/** Writes through a temporary name in the same folder, forces it to disk, then renames: a reader never sees a part. */
export async function writeWhole(path: string, fill: (write: (part: Buffer) => Promise<void>) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(`${path}.tmp`, 'w');
  try {
    await fill(async (part) => { await handle.writeFile(part); });
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.tmp`, path);
}
