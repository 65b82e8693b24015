import { describe, expect, it } from '@jest/globals';

import { appendContract } from './appends.ts';
import { events, type MakeStore, world } from './given.ts';
import { limitContract } from './limits.ts';
import { lostAnswerContract } from './lost-answers.ts';
import { orderingContract } from './ordering.ts';
import { readContract } from './reads.ts';
import { subscriptionContract } from './subscriptions.ts';

export type { Losing, MakeStore } from './given.ts';

/**
 * What every event store must do, as tests: call it in a spec with a way to make an empty store (or one on a shared server). It
 * asks only for what the port promises. Run whole by each adapter; nothing is skipped for any.
 */
export function eventStoreContract(name: string, makeStore: MakeStore): void {
  describe(`${name}: appends`, () => { appendContract(makeStore); });
  describe(`${name}: limits`, () => { limitContract(makeStore); });
  describe(`${name}: lost answers`, () => { lostAnswerContract(makeStore); });
  describe(`${name}: order`, () => { orderingContract(makeStore); });
  describe(`${name}: reads`, () => { readContract(makeStore); });
  describe(`${name}: subscriptions`, () => { subscriptionContract(makeStore); });
  describe(`${name}: closing`, () => { closingContract(makeStore); });
}

function closingContract(makeStore: MakeStore): void {
  const w = world(makeStore);

  it('given a live subscription, when the store is closed, then it ends without an error and the store refuses work', async () => {
    const stream = `${w.prefix()}a`;
    await w.append(stream, 'noStream', events(1), 'interactive');
    const from = await w.store.end();
    const ended = (async () => {
      const seen: unknown[] = [];
      for await (const batch of w.store.subscribe(from, { batchMax: 5, signal: new AbortController().signal, prefix: stream })) seen.push(...batch.events);
      return seen;
    })();
    await w.store.close();
    expect(await ended).toEqual([]);
    await expect(w.append(stream, 1, events(1))).rejects.toThrow('closed');
    await w.store.close();
  });
}
