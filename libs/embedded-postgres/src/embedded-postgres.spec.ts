import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from './index.ts';

describe('an embedded PostgreSQL', () => {
  const folders: string[] = [];
  afterAll(async () => { for (const folder of folders) await rm(folder, { recursive: true, force: true }); });
  const folder = async (): Promise<string> => {
    // mkdtemp makes a folder that only its owner may enter: run as root, the server's account cannot walk there by itself.
    const made = await mkdtemp(join(tmpdir(), 'trebol-embedded-'));
    folders.push(made);
    return join(made, 'postgres');
  };

  it('given a folder, when it is started twice, then the second finds the first; the password is kept and private', async () => {
    const at = await folder();
    const first = await startPostgres({ folder: at, durable: false });
    try {
      const second = await startPostgres({ folder: at, durable: false });
      expect(first.adopted).toBe(false);
      expect(second).toMatchObject({ adopted: true, pid: first.pid, url: first.url });
      expect((await stat(join(at, 'password'))).mode & 0o077).toBe(0);
      expect(new URL(first.url).hostname).toBe('127.0.0.1');
    } finally {
      await first.stop();
    }
  });

  it('given a server that was killed, when it is started again at once, then a new one takes its place', async () => {
    const at = await folder();
    const first = await startPostgres({ folder: at, durable: false });
    process.kill(first.pid, 'SIGKILL');
    const second = await startPostgres({ folder: at, durable: false });
    expect(second.adopted).toBe(false);
    expect(second.pid).not.toBe(first.pid);
    await second.stop();
  }, 60_000);

  it('given a temporary server, when it is stopped, then nobody listens any more', async () => {
    const server = await startPostgres({ durable: false });
    await server.stop();
    await expect(fetch(`http://127.0.0.1:${new URL(server.url).port}`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('given a setting that PostgreSQL refuses, when it is started, then the error holds its words', async () => {
    await expect(startPostgres({ folder: await folder(), durable: false, settings: { shared_buffers: 'plenty' } })).rejects.toThrow(/shared_buffers/);
  });
});
