import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The folder is in use by a process that is alive. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
  constructor(readonly folder: string, readonly pid: number) {
    super(`${folder} is in use by process ${pid}`);
  }
}

/** Everything a standalone platform keeps, in one folder that can be copied, moved and removed as a whole. */
export interface DataFolder {
  readonly path: string;
  readonly postgres: string;
  readonly files: string;
  readonly analytics: string;
  /** Keys the tokens by which other services know identifiers; 32 random bytes, made on first use, never leaves the folder. */
  identifierKey(): Promise<Buffer>;
  /** Gives the folder back for the next process. */
  release(): Promise<void>;
}

/** Takes the folder for this process. A lock left by a process that was killed is taken over; a live one is refused with `DataFolderInUse`. */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const path = resolve(folder);
  // Passable (711) but not listable by others: PostgreSQL runs under an account of its own when we run as root.
  await mkdir(path, { recursive: true, mode: 0o711 });
  const lock = join(path, 'trebol.lock');
  await takeLock(lock, path);
  const inside = async (name: string): Promise<string> => {
    const made = join(path, name);
    await mkdir(made, { recursive: true, mode: 0o700 });
    return made;
  };
  return {
    path, postgres: join(path, 'postgres'), files: await inside('files'), analytics: await inside('analytics'),
    identifierKey: () => secretOf(join(path, 'identifier.key')),
    release: () => rm(lock, { force: true }),
  };
}

async function takeLock(lock: string, path: string): Promise<void> {
  try {
    const file = await open(lock, 'wx', 0o600);
    await file.writeFile(String(process.pid));
    await file.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const pid = Number(await readFile(lock, 'utf8'));
    if (pid !== process.pid && await isTrebol(pid)) throw new DataFolderInUse(path, pid);
    await writeFile(lock, String(process.pid), { mode: 0o600 });
  }
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

async function secretOf(file: string): Promise<Buffer> {
  const kept = await readFile(file).catch(() => undefined);
  if (kept?.length === 32) return kept;
  const made = randomBytes(32);
  await writeFile(file, made, { mode: 0o600, flag: 'wx' });
  return made;
}
