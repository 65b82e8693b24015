import { describe, expect, it } from '@jest/globals';

import { StoreOverloaded } from '../overloaded.ts';
import type { AppendOutcome, StreamAppend } from '../port.ts';
import { GroupCommit, WAITING_APPENDS_MAX } from './group-commit.ts';

const one = (stream: string): StreamAppend[] => [{ stream, expectedRevision: 'noStream', events: [] }];

/** A group commit whose writes end when the test says so. */
function controlled() {
  const groups: { streams: string[]; finish: (outcomes?: AppendOutcome[]) => void; fail: (error: Error) => void }[] = [];
  const commit = new GroupCommit((batch) => new Promise((resolve, reject) => {
    groups.push({
      streams: batch.map(({ stream }) => stream),
      finish: (outcomes) => { resolve(outcomes ?? batch.map((_, index) => ({ status: 'appended', revision: index + 1 }))); },
      fail: reject,
    });
  }));
  const turn = async (): Promise<void> => {
    for (let count = 0; count < 10; count += 1) await Promise.resolve();
  };
  return { commit, groups, turn };
}

describe('given appends that arrive while a group is being written', () => {
  it('when it ends, then all that wait are written together and each gets its own outcomes', async () => {
    const { commit, groups, turn } = controlled();
    const first = commit.append(one('a'));
    await turn();
    const others = [commit.append(one('b')), commit.append([...one('c'), ...one('d')])];
    await turn();
    expect(groups.map(({ streams }) => streams)).toEqual([['a']]);
    groups[0]?.finish();
    expect(await first).toEqual([{ status: 'appended', revision: 1 }]);
    await turn();
    expect(groups[1]?.streams).toEqual(['b', 'c', 'd']);
    groups[1]?.finish([{ status: 'conflict', actual: 9 }, { status: 'appended', revision: 2 }, { status: 'appended', revision: 3 }]);
    expect(await Promise.all(others)).toEqual([
      [{ status: 'conflict', actual: 9 }], [{ status: 'appended', revision: 2 }, { status: 'appended', revision: 3 }]]);
    await commit.idle();
  });

  it('when two name the same stream, then they go in different groups, in order of arrival', async () => {
    const { commit, groups, turn } = controlled();
    const all = [one('a'), [...one('b'), ...one('a')], one('b'), one('c')].map((batch) => commit.append(batch));
    for (const expected of [['a', 'c'], ['b', 'a'], ['b']]) {
      await turn();
      expect(groups.at(-1)?.streams).toEqual(expected);
      groups.at(-1)?.finish();
    }
    await Promise.all(all);
  });

  it('when there are more than a group takes, then they go in groups of 200, in order', async () => {
    const { commit, groups, turn } = controlled();
    const all = Array.from({ length: 450 }, (_, index) => commit.append(one(`s${index}`)));
    for (const size of [200, 200, 50]) {
      await turn();
      expect(groups.at(-1)?.streams).toHaveLength(size);
      groups.at(-1)?.finish();
    }
    await Promise.all(all);
    expect(groups.flatMap(({ streams }) => streams)).toEqual(Array.from({ length: 450 }, (_, index) => `s${index}`));
  });

  it('when one of them makes the group fail, then only that one is told, after each was written alone', async () => {
    const { commit, groups, turn } = controlled();
    const all = [commit.append(one('a')), commit.append(one('bad')), commit.append(one('c'))];
    const told = Promise.allSettled(all);
    await turn();
    groups[0]?.fail(new Error('refused'));
    for (const [index, stream] of ['a', 'bad', 'c'].entries()) {
      await turn();
      expect(groups[index + 1]?.streams).toEqual([stream]);
      if (stream === 'bad') groups[index + 1]?.fail(new Error('refused'));
      else groups[index + 1]?.finish();
    }
    expect((await told).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('when the queue is full, then further ones are refused as overloaded and the waiting ones are written', async () => {
    const { commit, groups, turn } = controlled();
    const first = commit.append(one('first'));
    await turn();
    const waiting = Array.from({ length: WAITING_APPENDS_MAX }, (_, index) => commit.append(one(`s${index}`)));
    await expect(commit.append(one('late'))).rejects.toBeInstanceOf(StoreOverloaded);
    let finished = 0;
    const drained = Promise.all([first, ...waiting]).then((outcomes) => { finished = outcomes.length; });
    while (finished === 0) {
      for (const group of groups) group.finish();
      await turn();
    }
    await drained;
    expect(finished).toBe(WAITING_APPENDS_MAX + 1);
  });
});
