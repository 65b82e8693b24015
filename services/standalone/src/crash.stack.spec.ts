import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createReadStream } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CRASH_POINTS } from '@trebol/chassis';
import { eventually } from '@trebol/testing';
import type { ImportAnswer } from './command-line/commands/import.ts';
import { eventStores, type OpenedStore } from './testing/event-stores.ts';
import { prepare, writeSample } from './testing/online-retail-sample.ts';
import { endLeftOver, serve, type Served, told, TrebolProcess, type Verified, verified } from './testing/platform-process.ts';

const SAMPLE_ROWS = 60_000;
/** An import of the sample takes 2–4 s; a machine busy with other things gets ten times that. */
const IMPORT_MS_MAX = 60_000;
/** Fractions of the file at which the process is killed, one after the other. */
const KILLS_AT = [0.1, 0.4, 0.75];

interface Told {
  readonly event: string;
  readonly step?: string;
  readonly point?: string;
  readonly died?: boolean | number;
  readonly differences?: readonly string[];
}

describe.each(eventStores)('an import that is killed, with the wallets in $name', ({ name: storeName, driverName, besides, open }) => {
  let base: string;
  let sample: string;
  const opened = new Map<string, OpenedStore>();
  /**
   * A stopped platform with stores and members, to be copied for each crash; and what an undisturbed import
   * of the sample ends with.
   */
  let ready: { readonly key: string; readonly expected: Verified };

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'trebol-crash-'));
    sample = join(base, 'sample.csv.gz');
    await writeSample(sample, SAMPLE_ROWS);
    ready = await makeReady();
  }, 120_000);
  afterAll(async () => {
    for (const name of opened.keys()) await gone(name);
    await rm(base, { recursive: true, force: true });
  });

  /** A data folder with its event store; a copy of another one whose platform and store are stopped. */
  const folder = async (name: string, from?: string): Promise<string> => {
    const path = join(base, name);
    if (from !== undefined) {
      for (const part of ['', ...besides]) await cp(join(base, `${from}${part}`), `${path}${part}`, { recursive: true, preserveTimestamps: true });
    }
    opened.set(name, await open(path));
    return path;
  };
  const envOf = (name: string): NodeJS.ProcessEnv => opened.get(name)?.env ?? {};
  const gone = async (name: string): Promise<void> => {
    await endLeftOver(join(base, name));
    await opened.get(name)?.close();
    opened.delete(name);
    for (const part of ['', ...besides]) await rm(join(base, `${name}${part}`), { recursive: true, force: true });
  };
  const started = (name: string, key?: string): Promise<Served> => serve(join(base, name), [], key, envOf(name));
  const submit = (served: Served): Promise<ImportAnswer> =>
    served.client.send<ImportAnswer>(
      'POST', '/v1/imports?format=onlineRetail&history=true',
      { stream: { content: createReadStream(sample), type: 'application/gzip' } }
    );
  const finished = (served: Served, importId: string): Promise<ImportAnswer> =>
    eventually(
      async () => {
        const job = await served.client.get<ImportAnswer>(`/v1/imports/${importId}`);
        return job.state === 'done' ? job : undefined;
      },
      'the import is done', IMPORT_MS_MAX
    );
  const stop = async (served: Served): Promise<void> => {
    served.process.child.kill('SIGTERM');
    expect((await served.process.ended).code).toBe(0);
  };
  const found = (name: string): Promise<Verified> => verified(join(base, name), envOf(name));
  const makeReady = async (): Promise<typeof ready> => {
    await folder('ready');
    const served = await started('ready');
    await prepare(served.client, sample);
    await stop(served);
    await opened.get('ready')?.close();
    await folder('undisturbed', 'ready');
    const calm = await started('undisturbed', served.key);
    await finished(calm, (await submit(calm)).importId);
    await stop(calm);
    return { key: served.key, expected: await found('undisturbed') };
  };

  it('given SIGKILL at three points of an import, when it is started again, then it ends with the balances of an undisturbed run', async () => {
    await folder('killed', 'ready');
    const { key } = ready;
    let served = await started('killed', key);
    const { importId } = await submit(served);
    for (const part of KILLS_AT) {
      await eventually(async () => {
        const job = await served.client.get<ImportAnswer>(`/v1/imports/${importId}`);
        return job.state === 'done' || job.bytesRead >= part * job.bytesTotal;
      }, `${part} of the file`);
      served.process.child.kill('SIGKILL');
      await served.process.ended;
      served = await started('killed', key);
    }
    const resumed = await finished(served, importId);
    await stop(served);
    expect(resumed.rows['rated']).toBeGreaterThan(0);
    expect(await found('killed')).toEqual(ready.expected);
    expect(ready.expected.differences).toEqual([]);
  }, 180_000);

  it('given a platform that dies at every crash point, in imports, at the till, in a transfer, a merge and at the turn of the year, when each is done again, then verify is clean each time and the balances are those of an undisturbed run', async () => {
    const { code, events } = await told<Told>('crashes', '--short', '--seed', '1', '--event-store', driverName);
    const cases = events.filter(({ event }) => event === 'case');
    expect(cases.filter(({ died, differences }) => died !== true || differences?.length !== 0)).toEqual([]);
    expect(new Set(cases.map(({ point }) => point))).toEqual(new Set(CRASH_POINTS));
    expect(new Set(cases.map(({ step }) => step))).toEqual(new Set(['import', 'redeem', 'capture', 'transfer', 'merge', 'year']));
    expect(events.at(-1)).toMatchObject({ event: 'all', cases: cases.length, died: cases.length, unclean: 0, same: true });
    expect(code).toBe(0);
  }, 400_000);

  if (storeName === 'PostgreSQL') {
    it('given a platform that has just said it is ready, when SIGTERM comes at once, then it stops in order', async () => {
      await folder('brief');
      await stop(await started('brief'));
    }, 60_000);
  }

  it('given a finished import, when the same file is sent again, then every ticket is unchanged', async () => {
    const again = ['--json', '--data', join(base, 'undisturbed'), 'import', sample, '--format', 'onlineRetail', '--history'];
    const ended = await TrebolProcess.spawn(again, envOf('undisturbed')).ended;
    const job = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') as ImportAnswer;
    expect(job.rows['unchanged']).toBe((job.rows['read'] ?? 0) - (job.rows['rejected'] ?? 0));
    expect(job.rows['rated']).toBe(0);
    expect(ended.code).toBe(0);
  }, 60_000);
});
