import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { takeLock } from './folder-lock.ts';

/**
 * The folder cannot be used in the way that was asked for: nothing is in it, it is in real use and a sandbox
 * was asked for, or the other way round.
 */
export class NotThisPlatform extends Error {
  override readonly name = 'NotThisPlatform';
  constructor(readonly reason: 'empty' | 'realUse' | 'sandbox', readonly path: string) {
    super(`${path} ${WHY[reason]}`);
  }
}

const WHY: Readonly<Record<NotThisPlatform['reason'], string>> = {
  empty: 'holds no platform yet; trebol start makes one',
  realUse: 'is in real use: --clock is for a folder of its own',
  sandbox: 'is a sandbox: start it with --clock, or use another folder',
};

/** Everything a standalone platform keeps, in one folder that can be copied, moved and removed as a whole. */
export interface DataFolder {
  readonly path: string;
  readonly postgres: string;
  readonly files: string;
  readonly analytics: string;
  /** True when nothing was kept here before. */
  readonly fresh: boolean;
  /**
   * Keys the tokens by which other services know identifiers; 32 random bytes, made on first use, never
   * leaves the folder.
   */
  identifierKey(): Promise<Buffer>;
  /** Gives the folder back for the next process. */
  release(): Promise<void>;
}

/** Name of the lock file: the process id of whoever has the folder open. */
export const LOCK = 'trebol.lock';

/** Marks a folder whose time is not the world's. */
const SANDBOX_MARK = 'sandbox';

/**
 * Takes the folder for this process. A lock left by a process that was killed is taken over. Refuses with
 * `DataFolderInUse` while another process lives in it, and with `NotThisPlatform` a folder that is empty when
 * none should be made, or whose time (real, sandbox) is not the one asked for.
 */
export async function openDataFolder(
  folder: string, wanted: { readonly create: boolean; readonly sandbox: boolean },
): Promise<DataFolder> {
  const path = resolve(folder);
  const kept = await keptIn(path);
  if (kept.length === 0 && !wanted.create) throw new NotThisPlatform('empty', path);
  refuseOtherTime(path, kept, wanted.sandbox);
  // Passable (711) but not listable by others: PostgreSQL runs under an account of its own when we run as
  // root.
  await makeFolder(path, 0o711);
  const lock = join(path, LOCK);
  await takeLock(lock, path);
  const inside = async (name: string): Promise<string> => {
    const made = join(path, name);
    await makeFolder(made, 0o700);
    return made;
  };
  if (wanted.sandbox) await writeFile(join(path, SANDBOX_MARK), '');
  return {
    path, fresh: kept.length === 0, postgres: postgresIn(path),
    files: await inside('files'), analytics: await inside('analytics'),
    identifierKey: () => secretOf(join(path, 'identifier.key')),
    release: () => rm(lock, { force: true }),
  };
}

/** Where a data folder keeps its PostgreSQL. */
export const postgresIn = (folder: string): string => join(resolve(folder), 'postgres');

/** Whether a folder holds a platform, and which time it keeps; `NotThisPlatform` when it holds none. */
export async function platformIn(folder: string): Promise<{
  readonly path: string;
  readonly sandbox: boolean;
}> {
  const path = resolve(folder);
  const kept = await keptIn(path);
  if (!kept.includes('postgres')) throw new NotThisPlatform('empty', path);
  return { path, sandbox: kept.includes(SANDBOX_MARK) };
}

async function keptIn(path: string): Promise<readonly string[]> {
  const names = await readdir(path).catch(() => []);
  return names.filter((name) => !name.startsWith(LOCK));
}

/**
 * A sandbox books what its clock brings: on a folder of real use that would expire real points, and the other
 * way round its future would stay.
 */
function refuseOtherTime(path: string, kept: readonly string[], sandbox: boolean): void {
  const marked = kept.includes(SANDBOX_MARK);
  if (sandbox && kept.length > 0 && !marked) throw new NotThisPlatform('realUse', path);
  if (!sandbox && marked) throw new NotThisPlatform('sandbox', path);
}

/**
 * Makes a folder and those above it. Node's own `recursive` never returns where a file system refuses with
 * "no such file", as /proc does.
 */
async function makeFolder(path: string, mode: number): Promise<void> {
  if (await stat(path).then((found) => found.isDirectory(), () => false)) return;
  if (path !== dirname(path)) await makeFolder(dirname(path), mode);
  await mkdir(path, { mode }).catch(async (error: NodeJS.ErrnoException) => {
    // Another process may have been quicker; a file of this name is no folder.
    if (error.code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  });
}

async function secretOf(file: string): Promise<Buffer> {
  const kept = await readFile(file).catch(() => undefined);
  if (kept?.length === 32) return kept;
  const made = randomBytes(32);
  await writeFile(file, made, { mode: 0o600, flag: 'wx' });
  return made;
}
