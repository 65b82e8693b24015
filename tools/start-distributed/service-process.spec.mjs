import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceProcess } from './service-process.mjs';

describe('a service as a process', () => {
  let folder;
  let running;
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'trebol-service-')); });
  afterEach(async () => {
    await running?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const processOf = async (source, more = {}) => {
    const program = join(folder, 'main.mjs');
    await writeFile(program, source);
    running = new ServiceProcess({
      service: 'earning', environment: () => ({ PATH: process.env.PATH }), logFile: join(folder, 'log'),
      gaveUp: () => undefined, program, ...more,
    });
    return running;
  };

  it('given one that says where it answers, when it is started and stopped, then it ended in order', async () => {
    const service = await processOf(`
      process.once('SIGTERM', () => process.exit(0));
      console.log(JSON.stringify({ event: 'ready', url: 'http://127.0.0.1:1' }));
      setInterval(() => undefined, 1_000);`);
    await service.start();
    expect(service.url).toBe('http://127.0.0.1:1');
    expect(await service.stop()).toBe(true);
  });

  it('given one that neither answers nor ends, when its time is over, then it is killed and started again', async () => {
    let restarted;
    const again = new Promise((done) => { restarted = done; });
    const service = await processOf(
      "process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1_000);",
      { readyMsMax: 300, ended: restarted }
    );
    await expect(service.start()).rejects.toThrow('did not answer within 300 ms');
    expect(await again).toEqual({ service: 'earning', exit: 'SIGKILL' });
  });
});
