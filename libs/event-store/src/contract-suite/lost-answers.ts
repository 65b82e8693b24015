import { expect, it } from '@jest/globals';

import type { AppendOutcome, Lane } from '../port.ts';
import { entry, events, type MakeStore, world } from './given.ts';

/** What a lost answer must come to: at first the store may not know, and in the end everything is there once. */
export function lostAnswerContract(makeStore: MakeStore): void {
  const w = world(makeStore);

  it.each<Lane>(['bulk', 'interactive'])('given an append in the lane %s whose answer is lost on the way, when it is read back and sent again as it was, then each stream answers its first revision, once', async (lane) => {
    const prefix = w.prefix();
    const [a, b, c] = [`${prefix}a`, `${prefix}b`, `${prefix}c`];
    await w.append(b, 'noStream', events(2), lane);
    const batch = [entry(a, 'noStream', events(3)), entry(b, 2, events(1)), entry(c, 4, events(1))];
    const truth: AppendOutcome[] = [{ status: 'appended', revision: 3 }, { status: 'appended', revision: 3 }, { status: 'conflict', actual: 0 }];
    await w.losing?.next();
    const outcomes = await w.store.append(batch, lane);
    // A store without a way to lose an answer gave one: it is not looked at. What lost may be known or not; what won must not be denied.
    if (w.losing !== undefined) {
      expect(outcomes).toHaveLength(3);
      const told = w.losing.then === 'settled' ? truth : truth.map(() => ({ status: 'unknown', cause: expect.anything() }));
      expect(outcomes.slice(0, 2)).toEqual(told.slice(0, 2));
      expect([truth[2], expect.objectContaining({ status: 'unknown' })]).toContainEqual(outcomes[2]);
    }
    expect(await w.ids(a)).toEqual(batch[0]?.events.map(({ id }) => id));
    expect(await w.ids(b, 3)).toEqual(batch[1]?.events.map(({ id }) => id));

    await w.append(a, 3, events(1), lane);
    for (let again = 0; again < 2; again += 1) expect(await w.store.append(batch, lane)).toEqual(truth);
    expect([await w.ids(a), await w.ids(b), await w.ids(c)].map(({ length }) => length)).toEqual([4, 3, 0]);
  });

  it('given an answer that is lost while others append, when all is sent again, then every stream has its events once', async () => {
    const prefix = w.prefix();
    const batches = Array.from({ length: 6 }, (_, n) => [entry(`${prefix}${n}a`, 'noStream', events(2)), entry(`${prefix}${n}b`, 'noStream', events(1))]);
    await w.losing?.next();
    const send = async () => Promise.all(batches.map(async (batch, n) => w.store.append(batch, n % 2 === 0 ? 'interactive' : 'bulk')));
    for (const outcomes of await send()) {
      for (const outcome of outcomes) expect(outcome.status).toMatch(/^(appended|unknown)$/);
    }
    const truth: AppendOutcome[] = [{ status: 'appended', revision: 2 }, { status: 'appended', revision: 1 }];
    for (const outcomes of await send()) expect(outcomes).toEqual(truth);
    for (const one of batches.flat()) expect(await w.ids(one.stream)).toEqual(one.events.map(({ id }) => id));
  });
}
