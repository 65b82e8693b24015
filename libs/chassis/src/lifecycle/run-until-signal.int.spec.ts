import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { eventually, fixedClock, sequentialIds } from '@trebol/testing';
import { PublicRoute } from '../auth/route-scope.ts';
import { createHttpApplication } from '../http/http-application.ts';
import { Background } from './background.ts';
import { Health } from './health.ts';
import { runUntilSignal } from './run-until-signal.ts';

/** A served application whose one route answers when it is let go, and a process that writes down what happens to it. */
async function served() {
  const gate = Promise.withResolvers<void>();
  const log: string[] = [];

  @Controller()
  class SlowController {
    @Get('slow')
    @PublicRoute()
    async slow(): Promise<object> {
      log.push('request begun');
      await gate.promise;
      log.push('request answered');
      return { done: true };
    }
  }

  @Module({ controllers: [SlowController] })
  class SlowModule {}

  const clock = fixedClock(0);
  const health = new Health(clock);
  const app = await createHttpApplication(SlowModule, {
    ids: sequentialIds(), access: { keys: { verify: () => Promise.resolve(undefined) } }, health, logger: false,
    documentation: { title: 'x', version: '1' },
  });
  await app.listen(0, '127.0.0.1');
  const background = new Background();
  for (const name of ['relay', 'sweeper']) background.add(name, { start: () => undefined, stop: () => { log.push(`${name} stopped`); } });
  await background.start();
  const signals = new EventEmitter();
  const edge = {
    once: (signal: string, listener: () => void) => signals.once(signal, listener),
    exit: (code: number) => { log.push(`exit ${code}`); },
  };
  const closers = [() => { log.push('pool closed'); return Promise.resolve(); }];
  const run = runUntilSignal(app, { health, background, closers, clock, hardLimitSeconds: 10 }, edge);
  return { app, gate, log, clock, health, signals, run, url: await app.getUrl() };
}

describe('ordered shutdown', () => {
  it('given a request in flight, when SIGTERM comes, then it is answered first, and all stops in order with exit code 0', async () => {
    const { gate, log, health, signals, run, url } = await served();
    const answer = fetch(`${url}/slow`);
    await eventually(() => log.includes('request begun'));
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    signals.emit('SIGTERM');
    await eventually(async () => (await health.readiness()).status === 'unavailable');
    await eventually(() => fetch(`${url}/livez`).then(() => false, () => true), 'the port to close');
    gate.resolve();
    const response = await answer;
    await expect(response.json()).resolves.toEqual({ done: true });
    await run;
    expect(log).toEqual(['request begun', 'request answered', 'sweeper stopped', 'relay stopped', 'pool closed', 'exit 0']);
  });

  it('given a request that never ends, when the hard limit passes, then the process ends with 1', async () => {
    const { app, gate, log, clock, signals, run, url } = await served();
    const answer = fetch(`${url}/slow`);
    await eventually(() => log.includes('request begun'));
    signals.emit('SIGINT');
    await eventually(() => fetch(`${url}/livez`).then(() => false, () => true), 'the port to close');
    clock.advance(10_000);
    await run;
    expect(log).toEqual(['request begun', 'exit 1']);
    gate.resolve();
    await answer;
    await app.close();
  });

  it('given a shutdown under way, when a second signal comes, then the process ends at once with 1', async () => {
    const { gate, log, signals, run, url } = await served();
    const answer = fetch(`${url}/slow`);
    await eventually(() => log.includes('request begun'));
    signals.emit('SIGTERM');
    await eventually(() => signals.listenerCount('SIGTERM') > 0);
    signals.emit('SIGTERM');
    expect(log).toEqual(['request begun', 'exit 1']);
    gate.resolve();
    await answer;
    await run;
  });
});
