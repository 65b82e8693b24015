import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolderInUse, lockHolder, takeLock } from './folder-lock.ts';

/** A process id that no process has: above the kernel's maximum. */
const DEAD = 4_194_305;

describe('the lock of a data folder', () => {
  let folder: string;
  let lock: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trebol-lock-'));
    lock = join(folder, 'trebol.lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('given no lock, when it is taken, then the file holds the process id and nothing else is left', async () => {
    await takeLock(lock, folder);
    expect(await readFile(lock, 'utf8')).toBe(String(process.pid));
    expect(await readdir(folder)).toEqual(['trebol.lock']);
    expect(await lockHolder(lock)).toBe(process.pid);
  });

  it.each([
    ['of a process that is dead', String(DEAD)], ['that a crash left empty', ''],
    ['with something else in it', 'x\0y'],
  ])(
    'given a lock %s, when it is taken, then it is taken over', async (_name, content) => {
      await writeFile(lock, content);
      expect(await lockHolder(lock)).toBeUndefined();
      await takeLock(lock, folder);
      expect(await readFile(lock, 'utf8')).toBe(String(process.pid));
      expect(await readdir(folder)).toEqual(['trebol.lock']);
    });

  it('given a lock of a process that lives, when it is taken, then it is refused and stays', async () => {
    await writeFile(lock, String(process.ppid));
    await expect(takeLock(lock, folder)).rejects.toThrow(DataFolderInUse);
    expect(await readFile(lock, 'utf8')).toBe(String(process.ppid));
    expect(await readdir(folder)).toEqual(['trebol.lock']);
  });
});
