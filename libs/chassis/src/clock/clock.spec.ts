import { describe, expect, it } from '@jest/globals';
import { eventually, fixedClock } from '@trebol/testing';
import { sandboxClock } from './sandbox-clock.ts';
import { systemClock } from './system-clock.ts';
import { randomToken, systemIds } from './system-ids.ts';

const START = Date.parse('2026-03-01T08:00:00Z');

describe('sandbox clock', () => {
  it('given a chosen start, when its base runs on, then it runs on at the same pace', () => {
    const base = fixedClock(0);
    const clock = sandboxClock(START, base);
    base.advance(1500);
    expect(clock.now()).toBe(START + 1500);
  });

  it('given two sleepers, when it is advanced past one, then only that one wakes and the other still waits its time', async () => {
    const base = fixedClock(0);
    const clock = sandboxClock(START, base);
    const woken: string[] = [];
    const short = clock.sleep(1000).then(() => woken.push('short'));
    const long = clock.sleep(10_000).then(() => woken.push('long'));
    clock.advanceTo(START + 4000);
    await short;
    expect(woken).toEqual(['short']);
    await new Promise((resolve) => setImmediate(resolve));
    base.advance(6000);
    await long;
    expect(woken).toEqual(['short', 'long']);
  });

  it('given a sleeper, when its signal aborts, then it returns at once', async () => {
    const stop = new AbortController();
    const sleeping = sandboxClock(START, fixedClock(0)).sleep(60_000, stop.signal);
    stop.abort();
    await expect(sleeping).resolves.toBeUndefined();
  });

  it('given any instant, when asked to go back, then it refuses', () => {
    expect(() => sandboxClock(START, fixedClock(0)).advanceTo(START - 1)).toThrow(RangeError);
  });
});

describe('system clock', () => {
  it('given a long sleep, when its signal aborts, then it returns', async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep(2 ** 40, stop.signal);
    stop.abort();
    await expect(sleeping).resolves.toBeUndefined();
  });

  it('given a short sleep, when its time is over, then it returns', async () => {
    const before = systemClock.now();
    await systemClock.sleep(5);
    await eventually(() => systemClock.now() > before);
  });
});

describe('system ids', () => {
  it('given a clock that stands still and goes back, when 20,000 ids are taken, then each is a UUIDv7 above the one before', () => {
    const clock = fixedClock(START);
    const ids = systemIds(clock);
    let last = '';
    for (let taken = 0; taken < 20_000; taken += 1) {
      if (taken === 10_000) clock.set(START - 5000);
      const id = ids.uuid();
      expect(id > last).toBe(true);
      last = id;
    }
    expect(last).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('given an instant, when an id is taken, then its first 48 bits are the instant', () => {
    expect(Number.parseInt(systemIds(fixedClock(START)).prefixed('mbr').slice(4, 16), 16)).toBe(START);
  });

  it('given two processes in the same millisecond, when they take ids, then none is the same', () => {
    const clock = fixedClock(START);
    const [first, second] = [systemIds(clock), systemIds(clock)];
    const all = Array.from({ length: 1000 }, () => [first.uuid(), second.uuid()]).flat();
    expect(new Set(all).size).toBe(2000);
  });

  it('given 32 bytes, when a token is made, then it is 43 characters of base64url', () => {
    expect(randomToken(32)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});
