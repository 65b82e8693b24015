import { access, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { startPostgres } from '@trebol/embedded-postgres';
import pg from 'pg';
import { LOCK } from '../platform/data-folder.ts';
import { lockHolder } from '../platform/folder-lock.ts';

/** What was looked at, whether it is as it should be, and what was seen. */
export interface Finding {
  readonly check: 'node' | 'memory' | 'folder' | 'disk' | 'lock' | 'port' | 'postgres';
  readonly ok: boolean;
  readonly detail: string;
}

/** The demo's whole log and its PostgreSQL take 1.2 GB. */
const DISK_BYTES_MIN = 2 * 2 ** 30;
/** The platform stays below one gigabyte while it imports. */
const MEMORY_BYTES_MIN = 2 * 2 ** 30;
const NODE_MAJOR_MIN = 24;
/** Longest wait for a database that is named, in milliseconds. */
const CONNECT_MS_MAX = 5_000;

const GIBIBYTE = 2 ** 30;
const gibibytes = (bytes: number): string => `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

/**
 * Tries what the platform will do here: writes a file, listens on the port, starts a PostgreSQL of its own in
 * a temporary folder (or connects to the one that is named). Nothing stays behind.
 */
export async function examine(
  { folder, port, databaseUrl }: {
    readonly folder: string;
    readonly port: number;
    readonly databaseUrl: string | undefined;
  },
): Promise<readonly Finding[]> {
  const path = resolve(folder);
  const parent = await firstExisting(path);
  const { bavail, bsize } = await statfs(parent);
  const holder = await lockHolder(join(path, LOCK));
  const running = holder === undefined ? undefined : `process ${holder}`;
  return [
    {
      check: 'node', ok: Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN,
      detail: process.version,
    },
    { check: 'memory', ok: totalmem() >= MEMORY_BYTES_MIN, detail: gibibytes(totalmem()) },
    await writable(path, parent),
    { check: 'disk', ok: bavail * bsize >= DISK_BYTES_MIN, detail: gibibytes(bavail * bsize) },
    { check: 'lock', ok: true, detail: running ?? '–' },
    running === undefined ? await listening(port) : {
      check: 'port', ok: true, detail: `${port} (${running})`,
    },
    await (databaseUrl === undefined ? ownPostgres() : namedPostgres(databaseUrl)),
  ];
}

async function firstExisting(path: string): Promise<string> {
  const there = await access(path).then(() => true, () => false);
  return there || path === dirname(path) ? path : firstExisting(dirname(path));
}

/**
 * Permission bits do not tell (root passes them all, a read-only mount does not show in them): a file is
 * written and removed.
 */
async function writable(path: string, parent: string): Promise<Finding> {
  const probe = join(parent, `.trebol-doctor-${process.pid}`);
  try {
    if (!(await stat(parent)).isDirectory()) throw new Error(`${parent} is a file`);
    await writeFile(probe, '', { flag: 'wx' });
    await rm(probe);
    return { check: 'folder', ok: true, detail: path };
  } catch (error) {
    return { check: 'folder', ok: false, detail: `${path}: ${messageOf(error)}` };
  }
}

function listening(port: number): Promise<Finding> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error) => done({ check: 'port', ok: false, detail: messageOf(error) }));
    server.listen(
      port, '127.0.0.1',
      () => { server.close(() => done({ check: 'port', ok: true, detail: String(port) })); }
    );
  });
}

async function ownPostgres(): Promise<Finding> {
  try {
    const server = await startPostgres({ durable: false, settings: { shared_buffers: '16MB' } });
    try {
      return { check: 'postgres', ok: true, detail: await versionOf(server.url) };
    } finally {
      await server.stop();
    }
  } catch (error) {
    return { check: 'postgres', ok: false, detail: messageOf(error) };
  }
}

async function namedPostgres(url: string): Promise<Finding> {
  try {
    return { check: 'postgres', ok: true, detail: await versionOf(url) };
  } catch (error) {
    return { check: 'postgres', ok: false, detail: messageOf(error) };
  }
}

async function versionOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS_MAX });
  try {
    await client.connect();
    return (await client.query<{
      server_version: string,
    }>('SHOW server_version')).rows[0]?.server_version ?? '';
  } finally {
    await client.end();
  }
}
