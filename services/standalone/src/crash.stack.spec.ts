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
import { endLeftOver, launch, serve, type Served, TrebolProcess, type Verified, verified } from './testing/platform-process.ts';

/** Rows of the log that are imported (`TREBOL_CRASH_ROWS`): enough for every point to be reached as often as `OCCURRENCES`. */
const SAMPLE_ROWS = Number(process.env['TREBOL_CRASH_ROWS'] ?? '60000');
/** An import of the sample takes 2–4 s; a machine busy with other things gets ten times that. */
const IMPORT_MS_MAX = 60_000;
/** Fractions of the file at which the process is killed, one after the other. */
const KILLS_AT = [0.1, 0.4, 0.75];

/**
 * Runs for each crash point; a release is tried with 20 (`TREBOL_CRASH_RUNS=20 npm run test:stack -- crash.stack`).
 */
const RUNS = Number(process.env['TREBOL_CRASH_RUNS'] ?? '1');
/**
 * The process dies at the first to third time the point is reached: the sample reaches each point at least so
 * often.
 */
const OCCURRENCES = 3;
const CRASHES = Array.from(
  { length: RUNS },
  (_, run) => CRASH_POINTS.map(
    (point, index) => ({
      point, occurrence: 1 + ((run + index) % OCCURRENCES), seed: run * CRASH_POINTS.length + index + 1,
    })
  )
).flat();

describe.each(eventStores)('an import that is killed, with the wallets in $name', ({ name: storeName, besides, open }) => {
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

  it.each(CRASHES)('given the seed $seed, when the process dies at $point the $occurrence. time, then the restarted platform ends with the same balances', async ({ point, occurrence, seed }) => {
    const name = `crash-${seed}`;
    const path = await folder(name, 'ready');
    const doomed = launch(path, [], ready.key, { ...envOf(name), TREBOL_TEST_CRASH_AT: `${point}:${occurrence}` });
    // It may die before it serves, going on with what was left to publish, or while it answers.
    await doomed.served.then(submit).catch(() => undefined);
    expect((await doomed.process.ended).signal).toBe('SIGKILL');

    const served = await started(name, ready.key);
    const { importId } = await submit(served);
    await finished(served, importId);
    await stop(served);
    expect(await found(name)).toEqual(ready.expected);
    await gone(name);
  }, 120_000);

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
