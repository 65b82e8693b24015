import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';

/** The folder is in use by a process that is alive. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
  constructor(readonly folder: string, readonly pid: number) {
    super(`${folder} is in use by process ${pid}`);
  }
}

/**
 * Takes the lock of a folder for this process. The file appears with its content or not at all, so that no
 * crash leaves an empty one. A lock left by a process that was killed is taken over; of two that take it over
 * at the same time one wins. Refuses with `DataFolderInUse` while its process lives.
 */
export async function takeLock(lock: string, folder: string): Promise<void> {
  const mine = `${lock}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(mine, String(process.pid), { mode: 0o600, flag: 'wx' });
  try {
    if (await placed(mine, lock)) return;
    await clearDead(lock, folder);
    if (!(await placed(mine, lock))) throw new DataFolderInUse(folder, await ownerOf(lock));
  } finally {
    await rm(mine, { force: true });
  }
}

/** The living process that holds a lock, if one does. */
export async function lockHolder(lock: string): Promise<number | undefined> {
  const pid = await ownerOf(lock);
  return await isTrebol(pid) ? pid : undefined;
}

const placed = (mine: string, lock: string): Promise<boolean> =>
  link(mine, lock).then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return false;
    throw error;
  });

const ownerOf = async (lock: string): Promise<number> => Number(
  await readFile(lock, 'utf8').catch(() => '0')
);

/**
 * Moves a dead process's lock out of the way, and puts it back when it turns out to be another's that was
 * quicker.
 */
async function clearDead(lock: string, folder: string): Promise<void> {
  const dead = await ownerOf(lock);
  if (dead !== process.pid && await isTrebol(dead)) throw new DataFolderInUse(folder, dead);
  const aside = `${lock}.${process.pid}.dead`;
  if (!(await rename(lock, aside).then(() => true, () => false))) return;
  const moved = await ownerOf(aside);
  if (!Object.is(moved, dead)) await placed(aside, lock);
  await rm(aside, { force: true });
}

/** Process ids are used again by other programs after a restart: only a live Node process counts as ours. */
async function isTrebol(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'node');
  return /node|trebol/.test(command);
}
