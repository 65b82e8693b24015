import { describe, expect, it } from '@jest/globals';
import { CommitLine } from './commit-line.ts';

describe('commit line', () => {
  it('given changes of all partitions in one turn, when added, then they share one commit', async () => {
    const commits: (readonly number[])[] = [];
    const line = new CommitLine<number>((changes) => { commits.push(changes); return Promise.resolve(); });
    await Promise.all([1, 2, 3].map((change) => Promise.resolve().then(() => line.add(change))));
    expect(commits).toEqual([[1, 2, 3]]);
  });

  it('given changes that come while one is written, when it ends, then they share the next, in order, twelve at most', async () => {
    const commits: number[] = [];
    const [begun, first] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const line = new CommitLine<number>((changes) => {
      begun.resolve();
      return commits.push(changes.length) === 1 ? first.promise : Promise.resolve();
    });
    const one = line.add(0);
    await begun.promise;
    const others = Array.from({ length: 15 }, (_, change) => line.add(change));
    first.resolve();
    await Promise.all([one, ...others, line.idle()]);
    expect(commits).toEqual([1, 12, 3]);
  });

  it('given one that cannot be applied, when the others are written, then it alone fails', async () => {
    const line = new CommitLine<number>((changes) => changes.includes(2) ? Promise.reject(new Error('impossible')) : Promise.resolve());
    const outcomes = await Promise.allSettled([1, 2, 3].map((change) => line.add(change)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
