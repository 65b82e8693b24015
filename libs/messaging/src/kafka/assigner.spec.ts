import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assign, type GroupMember } from './assigner.ts';

const member = (id: string, topics: readonly string[], owned: Record<string, number[]> = {}): GroupMember =>
  ({ id, topics, owned, counts: Object.fromEntries(topics.map((topic) => [topic, 12])) });

const history = fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 }), { minLength: 1, maxLength: 6 });

describe('sharing partitions among the members of a group', () => {
  it('given members that come and go, when partitions are shared, then each has one holder, shares differ by one at most, and only what must move moves', () => {
    fc.assert(fc.property(history, (rounds) => {
      let before = new Map<string, number[]>();
      for (const ids of rounds) {
        const shared = assign(ids.map((id) => member(id, ['t'], { t: before.get(id) ?? [] })));
        const shares = ids.map((id) => shared.get(id)?.t ?? []);
        expect(shares.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, n) => n));
        expect(Math.max(...shares.map(({ length }) => length)) - Math.min(...shares.map(({ length }) => length))).toBeLessThanOrEqual(1);
        const least = Math.floor(12 / ids.length);
        for (const id of ids) {
          const had = before.get(id) ?? [];
          const kept = had.filter((partition) => shared.get(id)?.t?.includes(partition)).length;
          expect(kept).toBeGreaterThanOrEqual(Math.min(had.length, least));
        }
        before = new Map(ids.map((id) => [id, shared.get(id)?.t ?? []]));
      }
    }));
  });

  it('given members with other topics, when partitions are shared, then nobody gets what it did not ask for', () => {
    const shared = assign([member('a', ['t']), member('b', ['u']), member('c', ['t', 'u'])]);
    expect(Object.keys(shared.get('a') ?? {})).toEqual(['t']);
    expect(Object.keys(shared.get('b') ?? {})).toEqual(['u']);
    expect([...shared.values()].flatMap(({ t = [] }) => t)).toHaveLength(12);
    expect([...shared.values()].flatMap(({ u = [] }) => u)).toHaveLength(12);
  });

  it('given two members that both say they have a partition, when it is shared, then one of them has it', () => {
    const shared = assign([member('a', ['t'], { t: [0, 1, 2] }), member('b', ['t'], { t: [0, 1, 2] })]);
    expect([...shared.values()].flatMap(({ t = [] }) => t).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });
});
