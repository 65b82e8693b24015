import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readNotedHeads } from './noted-heads.ts';

const head = { lane: 'bulk', partition: 1, chainedFrom: 1, position: 7, hash: 'a'.repeat(64) };
let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'trebol-heads-')); });
afterAll(() => rm(folder, { recursive: true, force: true }));

async function kept(content: string): Promise<string> {
  const path = join(folder, 'heads.json');
  await writeFile(path, content);
  return path;
}

describe('chain heads from a file', () => {
  it('given what verify --json printed, or its chain heads alone, when read, then they are the heads', async () => {
    expect(await readNotedHeads(await kept(JSON.stringify({ wallets: 3, chainHeads: [head] })))).toEqual([head]);
    expect(await readNotedHeads(await kept(JSON.stringify([head])))).toEqual([head]);
  });

  it.each([
    ['{"chainHeads":', 'notJson'], ['{"wallets":3}', 'notHeads'], ['[]', 'none'],
    [JSON.stringify([{ ...head, hash: 'b' }]), 'notHeads'],
  ])('given %s, when read, then it says: %s', async (content, reason) => {
    await expect(readNotedHeads(await kept(content))).rejects.toMatchObject({ reason });
  });

  it('given no such file, when read, then it says that it cannot be read', async () => {
    await expect(readNotedHeads(join(folder, 'none.json'))).rejects.toMatchObject({ reason: 'unreadable' });
  });
});
