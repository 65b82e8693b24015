import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@trebol/testing';
import type { ImportAnswer } from './command-line/commands/import.ts';
import { prepare, writeSample } from './testing/online-retail-sample.ts';
import { endLeftOver, serve, type Served, trebol } from './testing/platform-process.ts';

const SAMPLE_ROWS = 60_000;
/** Fractions of the file at which the process is killed, one after the other. */
const KILLS_AT = [0.1, 0.4, 0.75];

describe('an import that is killed', () => {
  let base: string;
  let sample: string;
  const folders: string[] = [];

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'trebol-crash-'));
    sample = join(base, 'sample.csv.gz');
    await writeSample(sample, SAMPLE_ROWS);
  });
  afterAll(async () => {
    for (const folder of folders) await endLeftOver(folder);
    await rm(base, { recursive: true, force: true });
  });

  const folder = (name: string): string => {
    const path = join(base, name);
    folders.push(path);
    return path;
  };
  const submit = (served: Served): Promise<ImportAnswer> =>
    served.client.send<ImportAnswer>('POST', '/v1/imports?format=onlineRetail&history=true', { stream: { content: createReadStream(sample), type: 'application/gzip' } });
  const finished = (served: Served, importId: string): Promise<ImportAnswer> =>
    eventually(async () => { const job = await served.client.get<ImportAnswer>(`/v1/imports/${importId}`); return job.state === 'done' ? job : undefined; }, 'the import is done');
  const stop = async (served: Served): Promise<void> => {
    served.process.child.kill('SIGTERM');
    expect((await served.process.ended).code).toBe(0);
  };
  const verified = async (path: string): Promise<{ balancesHash: string; differences: string[] }> => {
    const ended = await trebol('--json', '--data', path, 'verify');
    return JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') as { balancesHash: string; differences: string[] };
  };

  it('given SIGKILL at three points of an import, when it is started again, then it ends with the balances of an undisturbed run', async () => {
    const calm = await serve(folder('calm'));
    await prepare(calm.client, sample);
    const undisturbed = await finished(calm, (await submit(calm)).importId);
    await stop(calm);
    const expected = await verified(join(base, 'calm'));

    let served = await serve(folder('killed'));
    const { key } = served;
    await prepare(served.client, sample);
    const { importId } = await submit(served);
    for (const part of KILLS_AT) {
      await eventually(async () => {
        const job = await served.client.get<ImportAnswer>(`/v1/imports/${importId}`);
        return job.state === 'done' || job.bytesRead >= part * job.bytesTotal;
      }, `${part} of the file`);
      served.process.child.kill('SIGKILL');
      await served.process.ended;
      served = await serve(join(base, 'killed'), [], key);
    }
    const resumed = await finished(served, importId);
    await stop(served);

    expect(resumed.rows).toEqual(undisturbed.rows);
    const found = await verified(join(base, 'killed'));
    expect(found.differences).toEqual([]);
    expect(found.balancesHash).toBe(expected.balancesHash);
  }, 180_000);

  it('given a platform that has just said it is ready, when SIGTERM comes at once, then it stops in order', async () => {
    await stop(await serve(folder('brief')));
  }, 60_000);

  it('given a finished import, when the same file is sent again, then every ticket is unchanged', async () => {
    const ended = await trebol('--json', '--data', join(base, 'calm'), 'import', sample, '--format', 'onlineRetail', '--history');
    const job = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') as ImportAnswer;
    expect(job.rows['unchanged']).toBe((job.rows['read'] ?? 0) - (job.rows['rejected'] ?? 0));
    expect(job.rows['rated']).toBe(0);
    expect(ended.code).toBe(0);
  }, 60_000);
});
