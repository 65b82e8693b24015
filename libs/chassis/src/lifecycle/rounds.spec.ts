import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { eventually, fixedClock, type FixedClock } from '@trebol/testing';
import { Rounds } from './rounds.ts';

const EVERY_MS = 60_000;
const RETRY_MS = 1_000;

describe('work in rounds', () => {
  let clock: FixedClock;
  let done: number;
  let fails: boolean;
  let rounds: Rounds;
  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    [clock, done, fails] = [fixedClock('2026-03-02T12:00:00Z'), 0, false];
    rounds = new Rounds({
      name: 'test', clock, everyMs: EVERY_MS, retryMs: RETRY_MS,
      round: async () => {
        done += 1;
        if (fails) throw new Error('no database');
      },
    });
  });
  afterEach(() => rounds.stop());

  const after = (count: number) => eventually(async () => done === count && (await Promise.resolve(), true));

  it('given a start, then a round is done at once and the next when its time has come', async () => {
    rounds.start();
    rounds.start();
    await after(1);
    clock.advance(EVERY_MS - 1);
    expect(done).toBe(1);
    clock.advance(1);
    await after(2);
  });

  it('given rest, when woken, then a round is done at once; woken in the middle of a round, another follows', async () => {
    rounds.start();
    await after(1);
    rounds.wake();
    await after(2);
    let again = true;
    const busy = new Rounds({
      name: 'busy', clock, everyMs: EVERY_MS,
      round: async () => {
        done += 1;
        if (again) busy.wake();
        again = false;
      },
    });
    busy.start();
    await after(4);
    await busy.stop();
  });

  it('given a round that fails, then the reason is kept and it is tried again after the shorter pause until it works', async () => {
    fails = true;
    rounds.start();
    await eventually(async () => rounds.lastFailure() === 'no database');
    fails = false;
    rounds.wake();
    expect(done).toBe(1);
    clock.advance(RETRY_MS);
    await after(2);
    await eventually(async () => rounds.lastFailure() === undefined);
  });

  it('given a stop, then the round in hand sees the signal and ends first, nothing more is done, and a start begins again', async () => {
    let seen: AbortSignal | undefined;
    let finish: () => void = () => undefined;
    const long = new Rounds({
      name: 'long', clock, everyMs: EVERY_MS,
      round: (signal) => {
        seen = signal;
        done += 1;
        return new Promise<void>((resolve) => { finish = resolve; });
      },
    });
    long.start();
    let stopped = false;
    const stopping = long.stop().then(() => { stopped = true; });
    expect([seen?.aborted, stopped]).toEqual([true, false]);
    finish();
    await stopping;
    expect(done).toBe(1);
    long.start();
    expect(done).toBe(2);
    finish();
    await long.stop();
  });
});
