import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The folder is in use by a process that is alive. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
  constructor(readonly folder: string, readonly pid: number) {
    super(`${folder} is in use by process ${pid}`);
  }
}

/** The folder cannot be used in the way that was asked for: the message says why and what to do. */
export class NotThisPlatform extends Error {
  override readonly name = 'NotThisPlatform';
}

/** Everything a standalone platform keeps, in one folder that can be copied, moved and removed as a whole. */
export interface DataFolder {
  readonly path: string;
  readonly postgres: string;
  readonly files: string;
  readonly analytics: string;
  /** True when nothing was kept here before. */
  readonly fresh: boolean;
  /** Keys the tokens by which other services know identifiers; 32 random bytes, made on first use, never leaves the folder. */
  identifierKey(): Promise<Buffer>;
  /** Gives the folder back for the next process. */
  release(): Promise<void>;
}

/**
 * Takes the folder for this process. A lock left by a process that was killed is taken over. Refuses with `DataFolderInUse` while another process lives in it, and with `NotThisPlatform` a folder that
 * is empty when none should be made, or whose time (real, sandbox) is not the one asked for.
 */
export async function openDataFolder(folder: string, wanted: { readonly create: boolean; readonly sandbox: boolean }): Promise<DataFolder> {
  const path = resolve(folder);
  const kept = (await readdir(path).catch(() => [])).filter((name) => name !== 'trebol.lock');
  if (kept.length === 0 && !wanted.create) throw new NotThisPlatform(`${path}: there is no platform here yet; trebol start makes one`);
  refuseOtherTime(path, kept, wanted.sandbox);
  // Passable (711) but not listable by others: PostgreSQL runs under an account of its own when we run as root.
  await mkdir(path, { recursive: true, mode: 0o711 });
  const lock = join(path, 'trebol.lock');
  await takeLock(lock, path);
  const inside = async (name: string): Promise<string> => {
    const made = join(path, name);
    await mkdir(made, { recursive: true, mode: 0o700 });
    return made;
  };
  if (wanted.sandbox) await writeFile(join(path, SANDBOX_MARK), '');
  return {
    path, fresh: kept.length === 0, postgres: join(path, 'postgres'), files: await inside('files'), analytics: await inside('analytics'),
    identifierKey: () => secretOf(join(path, 'identifier.key')),
    release: () => rm(lock, { force: true }),
  };
}

/** Marks a folder whose time is not the world's. */
const SANDBOX_MARK = 'sandbox';

/** A sandbox books what its clock brings: on a folder of real use that would expire real points, and the other way round its future would stay. */
function refuseOtherTime(path: string, kept: readonly string[], sandbox: boolean): void {
  const marked = kept.includes(SANDBOX_MARK);
  if (sandbox && kept.length > 0 && !marked) throw new NotThisPlatform(`${path} is in real use: --clock is for a folder of its own`);
  if (!sandbox && marked) throw new NotThisPlatform(`${path} is a sandbox: start it with --clock, or use another folder`);
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
