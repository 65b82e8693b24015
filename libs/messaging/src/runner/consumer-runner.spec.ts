import { describe, expect, it } from '@jest/globals';
import { eventually, fixedClock } from '@trebol/testing';
import fc from 'fast-check';
import type { IncomingMessage, MessageBatch, MessageFailure } from '../port.ts';
import { ConsumerRunner } from './consumer-runner.ts';
import type { Claim, FetchedBatch, LaneState, PartitionSource, Step } from './partition-source.ts';
import { pauseMs, RETRY_PAUSE_MS_MAX, type Trouble } from './retry.ts';

type TestClaim = Claim & { readonly parkedKeys: Set<string>; log: IncomingMessage[]; fetched: number };

/** A log in memory; commits are kept for the test to look at. */
class MemorySource implements PartitionSource {
  readonly steps: Step[] = [];
  readonly #claims: TestClaim[];
  readonly #batchMax: number;

  constructor(logs: readonly (readonly IncomingMessage[])[], batchMax: number) {
    this.#batchMax = batchMax;
    this.#claims = logs.map((log, partition) => ({
      topic: 't', partition, parkedKeys: new Set<string>(), lost: new AbortController().signal, log: [...log], fetched: 0,
    }));
  }

  async start(wake: () => void): Promise<void> { wake(); }

  async fetch(stateOf: (claim: Claim) => LaneState): Promise<readonly FetchedBatch[]> {
    return this.#claims.filter((claim) => stateOf(claim) !== 'full' && claim.fetched < claim.log.length).map((claim) => {
      const messages = claim.log.slice(claim.fetched, claim.fetched + this.#batchMax);
      claim.fetched += messages.length;
      return { claim, kind: 'new' as const, messages, through: messages.at(-1)?.offset ?? 0n };
    });
  }

  async commit(step: Step): Promise<void> {
    this.steps.push(step);
    const claim = this.#claims[step.batch.claim.partition];
    for (const failure of step.failed) claim?.parkedKeys.add(failure.message.key);
  }

  async lag(): Promise<number> {
    const done = this.steps.reduce((sum, step) => sum + step.batch.messages.length, 0);
    return this.#claims.reduce((sum, claim) => sum + claim.log.length, 0) - done;
  }

  retire(): void {}

  async stop(): Promise<void> { await Promise.resolve(); }
}

const logOf = (partition: number, keys: readonly string[]): IncomingMessage[] => keys.map((key, n) => (
  { topic: 't', partition, offset: BigInt(n + 1), key, id: `${partition}-${n}`, type: 't', tenant: 'main', time: 0, value: '{}' }));

const start = async (source: PartitionSource, handle: (batch: MessageBatch) => Promise<readonly MessageFailure[] | void>, clock = fixedClock(0)) => {
  const troubles: Trouble[] = [];
  const runner = await ConsumerRunner.start({
    subscription: { topics: ['t'], group: 'g', batchMax: 10, handle }, source, clock, onTrouble: (trouble) => troubles.push(trouble),
  });
  return { runner, clock, troubles };
};

describe('the consumer runner', () => {
  it('given a throw, when it is tried again, then only after the pause, doubled each time, and from the fifth attempt on it is in trouble until it works', async () => {
    const source = new MemorySource([logOf(0, ['k'])], 10);
    let calls = 0;
    const { runner, clock, troubles } = await start(source, async () => { if (++calls < 7) throw new Error(`attempt ${calls}`); });
    for (let attempt = 1; attempt < 7; attempt++) {
      await eventually(() => calls === attempt, `attempt ${attempt}`);
      await new Promise((done) => { setImmediate(done); });
      expect(runner.troubles).toHaveLength(attempt >= 5 ? 1 : 0);
      clock.advance(pauseMs(attempt) - 1);
      await new Promise((done) => { setImmediate(done); });
      expect(calls).toBe(attempt);
      clock.advance(1);
    }
    await eventually(() => source.steps.length === 1, 'commit');
    expect(troubles.map(({ attempts, group, partition }) => [attempts, group, partition])).toEqual([[5, 'g', 0], [6, 'g', 0]]);
    expect(runner.troubles).toEqual([]);
    await runner.stop();
  });

  it('given many attempts, when the next pause is chosen, then it is never longer than the maximum and jitter only shortens it', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempts, random) => {
      const whole = pauseMs(attempts);
      const jittered = pauseMs(attempts, () => random);
      expect(whole).toBeLessThanOrEqual(RETRY_PAUSE_MS_MAX);
      expect(jittered).toBeGreaterThanOrEqual(whole / 2);
      expect(jittered).toBeLessThanOrEqual(whole);
    }));
  });

  it('given a pause between attempts, when it is stopped, then it stops at once and commits nothing', async () => {
    const source = new MemorySource([logOf(0, ['k'])], 10);
    let calls = 0;
    const { runner } = await start(source, async () => { calls += 1; throw new Error('not now'); });
    await eventually(() => calls === 1, 'attempt');
    await runner.stop();
    expect([calls, source.steps.length]).toEqual([1, 0]);
  });

  it('given a failure of a message that is not in the batch, when it is returned, then nothing is committed', async () => {
    const source = new MemorySource([logOf(0, ['k'])], 10);
    let calls = 0;
    const [stranger] = logOf(0, ['a', 'b']).slice(1);
    const { runner } = await start(source, async () => { calls += 1; return stranger ? [{ message: stranger, code: 'x', detail: '' }] : []; });
    await eventually(() => calls === 1, 'attempt');
    await runner.stop();
    expect(source.steps).toEqual([]);
  });

  it('given any logs, poison and throws, when all is done, then each key stops at its first poison, in order, and nothing is lost', async () => {
    const plan = fc.record({
      logs: fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 25 }), { minLength: 1, maxLength: 4 }),
      poison: fc.array(fc.integer({ min: 0, max: 24 }), { maxLength: 6 }),
      throws: fc.array(fc.boolean(), { maxLength: 12 }),
      batchMax: fc.integer({ min: 1, max: 8 }),
    });
    await fc.assert(fc.asyncProperty(plan, async ({ logs, poison, throws, batchMax }) => {
      const all = logs.map((keys, partition) => logOf(partition, keys));
      const source = new MemorySource(all, batchMax);
      const throwing = [...throws];
      const clock = { now: () => 0, sleep: async () => { await Promise.resolve(); } };
      const runner = await ConsumerRunner.start({
        subscription: { topics: ['t'], group: 'g', batchMax, handle: async ({ messages }) => {
          if (throwing.shift()) throw new Error('not now');
          return messages.filter((message) => poison.includes(Number(message.offset) - 1)).map((message) => ({ message, code: 'poison', detail: '' }));
        } }, source, clock, concurrentPartitions: 2,
      });
      await eventually(async () => await runner.lag() === 0, 'all done');
      await runner.stop();
      for (const [partition, log] of all.entries()) expectFate(log, source.steps.filter((step) => step.batch.claim.partition === partition), poison);
    }), { numRuns: 60 });
  });
});

/** Compares what was committed with the rule, key by key. */
function expectFate(log: readonly IncomingMessage[], steps: readonly Step[], poison: readonly number[]): void {
  const failed = steps.flatMap((step) => step.failed.map(({ message }) => message.id));
  const waiting = new Set(steps.flatMap((step) => step.waiting.map((message) => message.id)));
  expect(steps.flatMap((step) => step.batch.messages.map((message) => message.id))).toEqual(log.map((message) => message.id));
  for (const key of new Set(log.map((message) => message.key))) {
    const ofKey = log.filter((message) => message.key === key);
    const first = ofKey.findIndex((message) => poison.includes(Number(message.offset) - 1));
    expect(ofKey.filter((message) => failed.includes(message.id)).map(({ id }) => id)).toEqual(first < 0 ? [] : [ofKey[first]?.id]);
    expect(ofKey.filter((message) => waiting.has(message.id)).map(({ id }) => id)).toEqual(first < 0 ? [] : ofKey.slice(first + 1).map(({ id }) => id));
  }
}
