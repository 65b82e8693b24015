import { beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { fixedClock } from '@trebol/testing';
import { Background } from './background.ts';
import { Health } from './health.ts';

const clock = fixedClock(0);

beforeAll(() => Logger.overrideLogger(false));

describe('background work', () => {
  const recorded = (fail?: 'start' | 'stop') => {
    const log: string[] = [];
    const work = (name: string) => ({
      start: () => { if (fail === 'start' && name === 'c') throw new Error('no'); log.push(`+${name}`); },
      stop: () => { log.push(`-${name}`); if (fail === 'stop' && name === 'b') throw new Error('no'); },
    });
    const background = new Background();
    for (const name of ['a', 'b', 'c']) background.add(name, work(name));
    return { log, background };
  };

  it('given three, when started and stopped, then they stop in the reverse order, once', async () => {
    const { log, background } = recorded();
    await background.start();
    await background.stop();
    await background.stop();
    expect(log).toEqual(['+a', '+b', '+c', '-c', '-b', '-a']);
  });

  it('given one that does not start, then those before it are stopped and the error names it', async () => {
    const { log, background } = recorded('start');
    await expect(background.start()).rejects.toThrow('background work c did not start');
    expect(log).toEqual(['+a', '+b', '-b', '-a']);
  });

  it('given one that does not stop cleanly, then the others are stopped all the same', async () => {
    const { log, background } = recorded('stop');
    await background.start();
    await background.stop();
    expect(log.slice(3)).toEqual(['-c', '-b', '-a']);
  });
});

describe('health', () => {
  it('given a start, a failing check and a stop, then it is ready only in between', async () => {
    const health = new Health(clock);
    let broken = false;
    health.registerReadiness('database', () => (broken ? Promise.reject(new Error('down')) : Promise.resolve(1)));
    await expect(health.readiness()).resolves.toMatchObject({ status: 'unavailable' });
    health.markStarted();
    await expect(health.readiness()).resolves.toEqual({ status: 'ok', checks: { database: 'ok' } });
    broken = true;
    await expect(health.readiness()).resolves.toEqual({ status: 'unavailable', checks: { database: 'failing' } });
    broken = false;
    health.markStopping();
    health.markStarted();
    await expect(health.readiness()).resolves.toEqual({ status: 'unavailable', checks: { database: 'ok' } });
  });

  it('given a check that never answers, when two seconds are over, then it has failed', async () => {
    const health = new Health(clock);
    health.markStarted();
    health.registerReadiness('bus', () => new Promise(() => undefined));
    const report = health.readiness();
    clock.advance(2_000);
    await expect(report).resolves.toEqual({ status: 'unavailable', checks: { bus: 'failing' } });
  });

  it('given a check that throws at once, then it has failed', async () => {
    const health = new Health(clock);
    health.registerReadiness('x', () => { throw new Error('no'); });
    await expect(health.readiness()).resolves.toMatchObject({ checks: { x: 'failing' } });
  });

  it('given a name twice, then the second is refused', () => {
    const health = new Health(clock);
    health.registerReadiness('x', () => Promise.resolve());
    expect(() => health.registerReadiness('x', () => Promise.resolve())).toThrow('twice');
  });
});
