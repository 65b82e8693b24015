import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@trebol/testing';
import type { ImportAnswer } from './command-line/commands/import.ts';
import { prepare, writeSample } from './testing/online-retail-sample.ts';
import { buses, inEventStoreDb } from './testing/shapes.ts';
import {
  endLeftOver, serve, serveDistributed, type Served, told, type Verified, verified,
} from './testing/platform-process.ts';

const SAMPLE_ROWS = 40_000;
/** Rows of a fault run: some 1,000 for each of its rounds, an import under way when its fault comes. */
const FAULT_ROWS = 10_000;
/** Production's bus where it can be had here. */
const BUS = buses.at(-1) ?? 'postgres';
/** Whoever may be struck: each once in a run of as many faults. */
const VICTIMS = [
  'consumer group', 'earning', 'enrollment', 'event store', 'ledger', 'redemption', 'segmentation', 'PostgreSQL', ...(BUS === 'kafka' ? ['broker'] : []),
].toSorted();
/** An import of the sample takes 2–4 s; a machine busy with other things gets far more. */
const IMPORT_MS_MAX = 90_000;
/** What Kubernetes and docker-compose wait before they kill. */
const GRACE_MS = 30_000;
/** Services that are asked to stop under load, and the fraction of the file at which. */
const STOPS = [
  ['earning', 0.1], ['ledger', 0.25], ['enrollment', 0.4], ['segmentation', 0.55], ['redemption', 0.7],
] as const;

describe('separate processes under the load of an import', () => {
  let base: string;
  let sample: string;
  /**
   * What one process ends with: the hash names members by the chain's ids, so it is the same in every shape.
   */
  let expected: Verified;
  const folders: string[] = [];
  const folder = (name: string): string => {
    folders.push(join(base, name));
    return join(base, name);
  };
  const submit = (served: Served): Promise<ImportAnswer> => served.client.send<ImportAnswer>('POST', '/v1/imports?format=onlineRetail&history=true', {
    stream: { content: createReadStream(sample), type: 'application/gzip' },
  });
  const job = (
    served: Served, importId: string
  ) => served.client.get<ImportAnswer>(`/v1/imports/${importId}`);
  const reached = (served: Served, importId: string, part: number) => eventually(async () => {
    const now = await job(served, importId);
    return now.state === 'done' || now.bytesRead >= part * now.bytesTotal;
  }, `${part} of the file`, IMPORT_MS_MAX);
  const finished = (served: Served, importId: string): Promise<ImportAnswer> => eventually(async () => {
    const now = await job(served, importId);
    return now.state === 'done' ? now : undefined;
  }, 'the import is done', IMPORT_MS_MAX);
  const stop = async (served: Served): Promise<number> => {
    const began = performance.now();
    served.process.child.kill('SIGTERM');
    expect((await served.process.ended).code).toBe(0);
    return performance.now() - began;
  };

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'trebol-distributed-'));
    sample = join(base, 'sample.csv.gz');
    await writeSample(sample, SAMPLE_ROWS);
    const one = await serve(folder('one'));
    await prepare(one.client, sample);
    await finished(one, (await submit(one)).importId);
    await stop(one);
    expected = await verified(join(base, 'one'));
  }, 180_000);
  afterAll(async () => {
    for (const path of folders) await endLeftOver(path);
    await rm(base, { recursive: true, force: true });
  });

  it(`given SIGTERM to one service after the other over ${BUS}, with the wallets in EventStoreDB, then each ends in order, is started again, and the balances are those of one process`, async () => {
    const served = await inEventStoreDb(BUS)(folder('stops'));
    await prepare(served.client, sample);
    const { importId } = await submit(served);
    for (const [service, part] of STOPS) {
      await reached(served, importId, part);
      const began = performance.now();
      process.kill(served.services[service]?.pid ?? 0, 'SIGTERM');
      const [, exit] = await served.process.prints(
        new RegExp(`"event":"ended","service":"${service}","exit":(\\S+)\\}`)
      );
      expect(exit).toBe('0');
      expect(performance.now() - began).toBeLessThan(GRACE_MS);
    }
    await finished(served, importId);
    expect(await verified(join(base, 'stops'))).toEqual(expected);
    await stop(served);
    expect(expected.differences).toEqual([]);
  }, 300_000);

  it('given SIGTERM to all of it in the middle of an import, when it is started again, then the import goes on and the balances are the same', async () => {
    const served = await serveDistributed(folder('stopped'), ['--bus', 'postgres']);
    await prepare(served.client, sample);
    const { importId } = await submit(served);
    await reached(served, importId, 0.3);
    expect(await stop(served)).toBeLessThan(GRACE_MS);
    const again = await serveDistributed(join(base, 'stopped'), ['--bus', 'postgres'], served.key);
    await finished(again, importId);
    await stop(again);
    expect(await verified(join(base, 'stopped'))).toEqual(expected);
    // The same folder by one process: the other shape finds what this one left.
    const one = await serve(join(base, 'stopped'), [], served.key);
    expect((await job(one, importId)).state).toBe('done');
    await stop(one);
  }, 300_000);

  it(`given each process, store and bus struck once under load over ${BUS}, with the wallets in EventStoreDB, then balances and facts are those of an undisturbed run`, async () => {
    const { code, events } = await told<Told>(
      'faults', '--runs', '1', '--seed', '1', '--faults', String(VICTIMS.length), '--bus', BUS, '--event-store', 'rig', '--rows', String(FAULT_ROWS)
    );
    const run = events.find(({ event }) => event === 'run');
    expect(run).toMatchObject({ seed: 1, differences: [], readyMs: { of: VICTIMS.length }, noLagMs: { of: VICTIMS.length } });
    expect(run?.faults?.map(({ victim }) => victim).toSorted()).toEqual(VICTIMS);
    expect(code).toBe(0);
  }, 400_000);
});

interface Told { readonly event: string; readonly faults?: readonly { readonly victim: string }[] }
