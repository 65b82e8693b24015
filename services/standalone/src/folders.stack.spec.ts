import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftOver, serve, type Served, trebol, TrebolProcess } from './testing/platform-process.ts';

describe('a data folder', () => {
  let base: string;
  beforeAll(async () => { base = await mkdtemp(join(tmpdir(), 'trebol-folders-')); });
  afterAll(async () => {
    for (const name of [
      'real', 'sandbox', 'open', 'import-es', 'import-en',
    ]) await endLeftOver(join(base, name));
    await rm(base, { recursive: true, force: true });
  });
  const stop = async (served: Served): Promise<number | null> => {
    served.process.child.kill('SIGTERM');
    return (await served.process.ended).code;
  };

  it('given a folder of real use, when it is started as a sandbox, then it is refused; two processes at once are too', async () => {
    const served = await serve(join(base, 'real'));
    const second = await trebol('--data', join(base, 'real'), 'start', '--port', '0');
    expect(second).toMatchObject({
      code: 2, stderr: expect.stringContaining('in use by process') as unknown,
    });
    // Operators' commands work beside a platform that runs.
    expect((await trebol('--data', join(base, 'real'), 'verify')).code).toBe(0);
    expect(await stop(served)).toBe(0);
    expect(
      await trebol('--data', join(base, 'real'), 'start', '--clock', '2032-01-01T00:00:00Z')
    ).toMatchObject({ code: 2, stderr: expect.stringContaining('real use') as unknown });
  }, 60_000);

  it('given a sandbox, when it is started in real time, then it is refused; started with an earlier clock it goes on where it was', async () => {
    const folder = join(base, 'sandbox');
    const first = await serve(folder, ['--clock', '2026-01-01T00:00:00Z']);
    await first.client.put(
      '/v1/stores/s1', { name: 'S', zone: 'Europe/Madrid', currency: 'EUR', country: 'ES' }
    );
    const { memberId } = await first.client.post<{ memberId: string }>(
      '/v1/members', { identifiers: [{ kind: 'card', value: '2900000000018' }] }, 'm'
    );
    await first.client.post('/v1/test-clock/advance', { to: '2026-06-01T00:00:00Z' });
    await first.client.post('/v1/transactions', {
      type: 'sale', storeId: 's1', workstationId: '1', businessDay: '2026-06-01', sequence: '1', occurredAt: '2026-06-01T02:00:00+02:00', currency: 'EUR',
      identification: {
        kind: 'member', value: memberId,
      }, lines: [{ line: 1, sku: 'A', quantity: 1, amount: 500 }],
    });
    expect(await stop(first)).toBe(0);
    expect(await trebol('--data', folder, 'start')).toMatchObject({
      code: 2, stderr: expect.stringContaining('sandbox') as unknown,
    });
    const again = await serve(folder, ['--clock', '2025-01-01T00:00:00Z'], first.key);
    const { asOf } = await again.client.get<{ asOf: string }>(`/v1/members/${memberId}/balance`);
    expect(Date.parse(asOf)).toBeGreaterThanOrEqual(Date.parse('2026-06-01T00:00:00Z'));
    expect(await stop(again)).toBe(0);
  }, 90_000);

  it('given a platform that is open to this machine, when a command has no key, then it needs none; elsewhere it does', async () => {
    const served = await serve(join(base, 'open'), [], undefined, { TREBOL_OPEN: '1' });
    const asked = ['--url', served.url, '--json', 'balance', 'card:1'];
    expect(await TrebolProcess.spawn(asked, { TREBOL_OPEN: '1' }).ended).toMatchObject({
      code: 1, stderr: expect.stringContaining('404') as unknown,
    });
    expect(await trebol(...asked)).toMatchObject({
      code: 2, stderr: expect.stringContaining('TREBOL_KEY') as unknown,
    });
    expect(await stop(served)).toBe(0);
  }, 60_000);

  it('given a place where no folder can be made, when a platform is started there, then it says so at once', async () => {
    expect(await trebol('--data', '/proc/x', 'start')).toMatchObject({
      code: 3, stderr: expect.stringContaining('/proc/x') as unknown,
    });
    expect(await trebol('--json', '--data', '/proc/x', 'doctor')).toMatchObject({
      code: 1, stdout: expect.stringContaining('{"check":"folder","ok":false') as unknown,
    });
  }, 60_000);

  it('given Spanish, when an import is followed as JSON while everything is logged, then standard output has only its documents, with the same members as in English', async () => {
    const file = join(base, 'rows.ndjson');
    await writeFile(file, '{}\n');
    const lines = await Promise.all(['es', 'en'].map(async (lang) => {
      const ended = await TrebolProcess.spawn(
        ['--json', '--lang', lang, '--data', join(base, `import-${lang}`), 'import', file, '--format', 'ndjson'],
        { LOG_LEVEL: 'info' },
      ).ended;
      return ended.stdout.trim().split('\n').map((line) => Object.keys(JSON.parse(line) as object));
    }));
    expect(lines[0]).toEqual(lines[1]);
    expect(lines.flat()).toEqual(lines.flat().map(() => expect.arrayContaining(['importId']) as unknown));
  }, 60_000);

  it('given no platform, when something is asked of it, then it says so and makes nothing', async () => {
    expect(await trebol('--data', join(base, 'nowhere'), 'balance', 'card:1')).toMatchObject({
      code: 2, stderr: expect.stringContaining('no platform yet') as unknown,
    });
  }, 30_000);

  it('given a file where the folder should be, when it is started, then the error is one line', async () => {
    await writeFile(join(base, 'afile'), '');
    const ended = await trebol('--data', join(base, 'afile'), 'start', '--port', '0');
    expect(ended.code).toBe(3);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
  }, 30_000);

  it.each([
    [['frobnicate']], [['dlq', 'replay']], [['dlq', 'list', '--group', 'nobody']],
    [['start', '--clock', '2999-01-01T00:00:00Z']], [['start', '--port', '99999']],
    [['start', '--clock', '2026-02-30T00:00:00Z']], [['--lang', 'fr', 'verify']],
    [['--url', 'http://127.0.0.1:1', '--key', 'k', 'verify']], [['demo', '--port', 'abc']],
  ])('given wrong words %j, then the exit code is 2', async (args) => {
    expect((await trebol('--data', join(base, 'unused'), ...args)).code).toBe(2);
  }, 30_000);

  it('given a command at work, when SIGTERM comes, then what it opened is closed and the lock is given back', async () => {
    const working = TrebolProcess.spawn(['--data', join(base, 'real'), 'demo', '--exit']);
    await working.prints(/2\. Members/);
    working.child.kill('SIGTERM');
    expect((await working.ended).code).toBe(130);
    expect((await trebol('--data', join(base, 'real'), 'verify')).code).toBe(0);
  }, 60_000);
});
