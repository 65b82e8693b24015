import { describe, expect, it } from '@jest/globals';
import { SharedStatement } from './shared-statement.ts';

/** A statement whose runs end when the test says so. */
function controlled() {
  const runs: { items: readonly string[]; finish: () => void; fail: () => void }[] = [];
  const shared = new SharedStatement<string, string>((item) => item.charAt(0), (items) => new Promise((resolve, reject) => {
    runs.push({ items, finish: () => { resolve(items.map((item) => `${item}!`)); }, fail: () => { reject(new Error('refused')); } });
  }));
  const turn = async (): Promise<void> => {
    for (let count = 0; count < 10; count += 1) await Promise.resolve();
  };
  return { shared, runs, turn };
}

describe('given requests that arrive while a statement runs', () => {
  it('when it ends, then all that wait share the next, sorted by name, and each gets its own answer', async () => {
    const { shared, runs, turn } = controlled();
    const first = shared.ask('m');
    await turn();
    const others = ['z', 'b'].map((item) => shared.ask(item));
    await turn();
    expect(runs.map(({ items }) => items)).toEqual([['m']]);
    runs[0]?.finish();
    expect(await first).toBe('m!');
    await turn();
    expect(runs[1]?.items).toEqual(['b', 'z']);
    runs[1]?.finish();
    expect(await Promise.all(others)).toEqual(['z!', 'b!']);
  });

  it('when two have one name, then they never share a statement', async () => {
    const { shared, runs, turn } = controlled();
    const all = ['a1', 'a2', 'b'].map((item) => shared.ask(item));
    for (const expected of [['a1', 'b'], ['a2']]) {
      await turn();
      expect(runs.at(-1)?.items).toEqual(expected);
      runs.at(-1)?.finish();
    }
    await Promise.all(all);
  });

  it('when one of them makes the statement fail, then only that one is told, after each ran alone', async () => {
    const { shared, runs, turn } = controlled();
    const told = Promise.allSettled(['a', 'bad', 'c'].map((item) => shared.ask(item)));
    await turn();
    runs[0]?.fail();
    for (const item of ['a', 'bad', 'c']) {
      await turn();
      const run = runs.at(-1);
      expect(run?.items).toEqual([item]);
      if (item === 'bad') run?.fail();
      else run?.finish();
    }
    expect((await told).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('when there are more than one statement takes, or than may wait, then the rest goes later, or is refused', async () => {
    const shared = new SharedStatement<number, number>(String, async (items) => {
      expect(items.length).toBeLessThanOrEqual(200);
      return items;
    });
    const all = Array.from({ length: 4_097 }, (_, n) => shared.ask(n));
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.slice(0, 4_096).every((one, n) => one.status === 'fulfilled' && one.value === n)).toBe(true);
    expect(outcomes.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'overloaded' } });
  });
});
