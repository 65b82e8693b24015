import { randomUUID } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { APPEND_BYTES_MAX, InvalidAppend, type Lane } from '../port.ts';
import { bytesOf } from '../validate-append.ts';
import { entry, event, events, type MakeStore, RECORDED_AT, upTo, world } from './given.ts';

export function appendContract(makeStore: MakeStore): void {
  const w = world(makeStore);

  describe.each<Lane>(['bulk', 'interactive'])('appending in the lane %s', (lane) => {
    it('given no stream, when noStream is expected, then the events are there as they were given', async () => {
      const stream = `${w.prefix()}a`;
      const added = [event({ points: 1, note: 'ñ “€” 🎁' }), event({ points: 2 }, { type: 'PointsSpent', schemaVersion: 7, metadata: '{"cause":"till"}' })];
      expect(await w.append(stream, 'noStream', added, lane)).toEqual({ status: 'appended', revision: 2 });
      const tail = (await w.store.load([stream])).get(stream);
      expect(tail?.events).toEqual(added.map((given, index) => expect.objectContaining({ ...given, stream, revision: index + 1 })));
      expect(tail?.events[0]).not.toHaveProperty('metadata');
    });

    it('given a stream, when noStream is expected, then it is a conflict and nothing is written', async () => {
      const stream = `${w.prefix()}a`;
      await w.append(stream, 'noStream', events(3), lane);
      expect(await w.append(stream, 'noStream', events(1), lane)).toEqual({ status: 'conflict', actual: 3 });
      expect(await w.ids(stream)).toHaveLength(3);
    });

    it('given a stream at 3, when 3 is expected, then the events follow', async () => {
      const stream = `${w.prefix()}a`;
      const [first, second] = [events(3), events(2)];
      await w.append(stream, 'noStream', first, lane);
      expect(await w.append(stream, 3, second, lane)).toEqual({ status: 'appended', revision: 5 });
      expect(await w.ids(stream)).toEqual([...first, ...second].map(({ id }) => id));
    });

    it.each([1, 2, 4, 100])('given a stream at 3, when %i is expected, then it is a conflict that names 3', async (expected) => {
      const stream = `${w.prefix()}a`;
      await w.append(stream, 'noStream', events(3), lane);
      expect(await w.append(stream, expected, events(1), lane)).toEqual({ status: 'conflict', actual: 3 });
      expect(await w.ids(stream)).toHaveLength(3);
    });

    it('given no stream, when a revision is expected, then it is a conflict that names 0', async () => {
      const stream = `${w.prefix()}a`;
      expect(await w.append(stream, 1, events(1), lane)).toEqual({ status: 'conflict', actual: 0 });
      expect(await w.ids(stream)).toEqual([]);
    });

    it('given one stream at another revision, when a batch names many, then that one conflicts and the others are appended', async () => {
      const prefix = w.prefix();
      await w.append(`${prefix}2`, 'noStream', events(2), lane);
      const batch = [entry(`${prefix}3`, 'noStream', events(1)), entry(`${prefix}2`, 1, events(1)), entry(`${prefix}1`, 'noStream', events(2))];
      expect(await w.store.append(batch, lane)).toEqual([
        { status: 'appended', revision: 1 }, { status: 'conflict', actual: 2 }, { status: 'appended', revision: 2 }]);
      expect(await w.ids(`${prefix}1`)).toEqual(batch[2]?.events.map(({ id }) => id));
      expect(await w.ids(`${prefix}2`)).toHaveLength(2);
    });

    it('given an entry without events, when appended, then its revision is answered or the conflict, and nothing is written', async () => {
      const prefix = w.prefix();
      await w.append(`${prefix}a`, 'noStream', events(2), lane);
      const batch = [entry(`${prefix}a`, 2, []), entry(`${prefix}b`, 'noStream', []), entry(`${prefix}c`, 1, []), entry(`${prefix}d`, 'noStream', events(1))];
      expect(await w.store.append(batch, lane)).toEqual([
        { status: 'appended', revision: 2 }, { status: 'appended', revision: 0 }, { status: 'conflict', actual: 0 }, { status: 'appended', revision: 1 }]);
      expect(await w.append(`${prefix}a`, 1, [], lane)).toEqual({ status: 'conflict', actual: 2 });
      expect(await w.append(`${prefix}a`, 'noStream', [], lane)).toEqual({ status: 'conflict', actual: 2 });
      expect((await w.store.load([`${prefix}b`])).get(`${prefix}b`)?.revision).toBe(0);
    });

    it('given nothing to append, when appended, then there are no outcomes', async () => {
      expect(await w.store.append([], lane)).toEqual([]);
    });

    it('given an append that was written, when it is retried whole or as a prefix, then the first revision is answered and nothing is written', async () => {
      const stream = `${w.prefix()}a`;
      const added = events(3);
      await w.append(stream, 'noStream', events(2), lane);
      await w.append(stream, 2, added, lane);
      expect(await w.append(stream, 2, added, lane)).toEqual({ status: 'appended', revision: 5 });
      expect(await w.append(stream, 2, added.slice(0, 2), lane)).toEqual({ status: 'appended', revision: 4 });
      expect(await w.ids(stream)).toHaveLength(5);
    });

    it('given the first append of a stream, when it is retried after others, then the first revision is answered', async () => {
      const stream = `${w.prefix()}a`;
      const added = events(2);
      await w.append(stream, 'noStream', added, lane);
      await w.append(stream, 2, events(4), lane);
      expect(await w.append(stream, 'noStream', added, lane)).toEqual({ status: 'appended', revision: 2 });
      expect(await w.ids(stream)).toHaveLength(6);
    });

    it('given an append that was written, when it comes with more events or in another order, then it is a conflict', async () => {
      const stream = `${w.prefix()}a`;
      const added = events(3);
      await w.append(stream, 'noStream', added, lane);
      expect(await w.append(stream, 'noStream', [...added, event()], lane)).toEqual({ status: 'conflict', actual: 3 });
      expect(await w.append(stream, 'noStream', added.toReversed(), lane)).toEqual({ status: 'conflict', actual: 3 });
    });

    it('given an id written at 3, when it is expected to come after 1, then it is a conflict', async () => {
      const stream = `${w.prefix()}a`;
      const added = events(3);
      await w.append(stream, 'noStream', added, lane);
      expect(await w.append(stream, 1, added.slice(2), lane)).toEqual({ status: 'conflict', actual: 3 });
    });

    it('given ids that are there already, when they are appended at the head or to another stream, then they are written: an id says only what a retry is', async () => {
      const [one, two] = [`${w.prefix()}a`, `${w.prefix()}b`];
      const added = events(2);
      await w.append(one, 'noStream', added, lane);
      expect(await w.append(two, 'noStream', added, lane)).toEqual({ status: 'appended', revision: 2 });
      expect(await w.append(one, 2, added, lane)).toEqual({ status: 'appended', revision: 4 });
      expect(await w.ids(one)).toEqual([...added, ...added].map(({ id }) => id));
      expect(await w.append(one, 2, added, lane)).toEqual({ status: 'appended', revision: 4 });
    });

    it('given the same id twice in an append, when it is written and retried, then both stand, once', async () => {
      const stream = `${w.prefix()}a`;
      const [added] = events(1);
      const twice = added ? [added, added] : [];
      expect(await w.append(stream, 'noStream', twice, lane)).toEqual({ status: 'appended', revision: 2 });
      expect(await w.append(stream, 'noStream', twice, lane)).toEqual({ status: 'appended', revision: 2 });
      expect(await w.ids(stream)).toHaveLength(2);
    });

    it('given ten appenders of one stream at once, when all expect the same revision, then exactly one wins', async () => {
      const stream = `${w.prefix()}a`;
      await w.append(stream, 'noStream', events(1), lane);
      const outcomes = await Promise.all(upTo(10).map(() => w.append(stream, 1, [event()], lane)));
      expect(outcomes.filter(({ status }) => status === 'appended')).toEqual([{ status: 'appended', revision: 2 }]);
      expect(outcomes.filter(({ status }) => status === 'conflict')).toHaveLength(9);
      expect(await w.ids(stream)).toHaveLength(2);
    });

    it('given ten appenders of one new stream at once, when all expect none, then exactly one wins', async () => {
      const stream = `${w.prefix()}a`;
      const outcomes = await Promise.all(upTo(10).map(() => w.append(stream, 'noStream', [event()], lane)));
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['appended', ...Array<string>(9).fill('conflict')]);
      expect(await w.ids(stream)).toHaveLength(1);
    });
  });

  it('given appenders of one stream in both lanes at once, when all expect the same revision, then exactly one wins', async () => {
    const stream = `${w.prefix()}a`;
    const outcomes = await Promise.all(upTo(8).map((n) => w.append(stream, 'noStream', [event()], n % 2 ? 'bulk' : 'interactive')));
    expect(outcomes.filter(({ status }) => status === 'appended')).toHaveLength(1);
    expect(await w.ids(stream)).toHaveLength(1);
  });

  it('given a batch of 1,000 streams in no order, when appended twice, then the second answers like the first and writes nothing', async () => {
    const prefix = w.prefix();
    const batch = upTo(1_000).map((n) => entry(`${prefix}${(n * 617) % 1_000}`, 'noStream', events(1 + (n % 2))));
    const first = await w.store.append(batch, 'bulk');
    expect(first).toEqual(batch.map((one) => ({ status: 'appended', revision: one.events.length })));
    expect(await w.store.append(batch, 'bulk')).toEqual(first);
    const tails = await w.store.load(batch.map(({ stream }) => stream));
    expect(batch.map(({ stream }) => tails.get(stream)?.revision)).toEqual(batch.map((one) => one.events.length));
  });

  it('given a stream of 10,000 events, when it is read, then all are there in order', async () => {
    const stream = `${w.prefix()}a`;
    const all = events(10_000);
    for (let from = 0; from < all.length; from += 2_500) await w.append(stream, from === 0 ? 'noStream' : from, all.slice(from, from + 2_500), 'bulk');
    expect(await w.ids(stream)).toEqual(all.map(({ id }) => id));
    expect(await w.ids(stream, 9_999)).toEqual(all.slice(9_998).map(({ id }) => id));
  });

  it('given events of a million bytes, when appended, then every byte is kept; given more than the limit, then the append is refused', async () => {
    const stream = `${w.prefix()}a`;
    const half = JSON.stringify('ñ'.repeat(250_000));
    await w.append(stream, 'noStream', [event({}, { data: half }), event({}, { data: half })]);
    expect((await w.store.load([stream])).get(stream)?.events.map(({ data }) => data === half)).toEqual([true, true]);
    const over = [event({}, { data: half }), event({}, { data: JSON.stringify('x'.repeat(APPEND_BYTES_MAX - 500_000)) })];
    await expect(w.append(stream, 2, over)).rejects.toBeInstanceOf(InvalidAppend);
    expect(await w.ids(stream)).toHaveLength(2);
  });

  it('given an entry that is wrong in itself, when a batch holds it, then the batch is refused, the entry named, and nothing written', async () => {
    const prefix = w.prefix();
    const good = entry(`${prefix}good`, 'noStream', events(1));
    const wrong = [
      entry(`${prefix}good`, 1, events(1)),
      entry('', 'noStream', events(1)),
      entry(`${prefix}${'x'.repeat(200)}`, 'noStream', events(1)),
      entry(`${prefix}ñ`, 'noStream', events(1)),
      entry(`$${prefix}`, 'noStream', events(1)),
      entry(`${prefix}a`, -1, events(1)),
      entry(`${prefix}a`, 1.5, events(1)),
      entry(`${prefix}a`, 'noStream', [event({}, { id: 'no-uuid' })]),
      entry(`${prefix}a`, 'noStream', [event({}, { type: '' })]),
      entry(`${prefix}a`, 'noStream', [event({}, { schemaVersion: 32_768 })]),
      entry(`${prefix}a`, 'noStream', [event({}, { recordedAt: Number.NaN })]),
      entry(`${prefix}a`, 'noStream', [event({}, { data: '"\0"' })]),
      entry(`${prefix}a`, 'noStream', [event({}, { metadata: '"\ud800"' })]),
    ];
    for (const one of wrong) {
      await expect(w.store.append([good, one])).rejects.toThrow(/^entry 1 /);
      await expect(w.store.append([good, one], 'interactive')).rejects.toBeInstanceOf(InvalidAppend);
    }
    expect(await w.ids(good.stream)).toEqual([]);
  });

  it('given an append that takes the whole limit to the byte, then it is kept; one byte more is refused', async () => {
    const stream = `${w.prefix()}a`;
    const shell = event({}, { data: '""', metadata: '{}' });
    const one = { ...shell, data: JSON.stringify('x'.repeat(APPEND_BYTES_MAX - bytesOf(shell))) };
    const over = event({}, { ...one, metadata: '{ }' });
    await expect(w.append(stream, 'noStream', [over])).rejects.toBeInstanceOf(InvalidAppend);
    expect(await w.append(stream, 'noStream', [one])).toEqual({ status: 'appended', revision: 1 });
    expect((await w.store.load([stream])).get(stream)?.events[0]?.data).toBe(one.data);
  });

  it('given instants in other months and years, when appended, then they are kept to the millisecond', async () => {
    const stream = `${w.prefix()}a`;
    const instants = ['1999-12-31T23:59:59.999Z', '2026-02-28T23:59:59.999Z', '2026-03-01T00:00:00.000Z', '2190-01-01T00:00:00.001Z'].map(Date.parse);
    await w.append(stream, 'noStream', [...instants, RECORDED_AT].map((recordedAt) => event({}, { recordedAt, id: randomUUID() })));
    expect((await w.store.load([stream])).get(stream)?.events.map(({ recordedAt }) => recordedAt)).toEqual([...instants, RECORDED_AT]);
  });
}
