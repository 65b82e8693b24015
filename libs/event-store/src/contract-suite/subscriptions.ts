import { describe, expect, it } from '@jest/globals';

import type { Checkpoint, RecordedEvent } from '../port.ts';
import { entry, event, events, type MakeStore, read, revisions, upTo, world, type World } from './given.ts';

/** Appends `rounds` times to each of `streams` streams, from two writers at once; each stream is written in both lanes in turn. */
async function appendBusily(w: World, prefix: string, size: { streams: number; rounds: number }): Promise<void> {
  const writer = async (name: string): Promise<void> => {
    const names = upTo(size.streams / 2).map((n) => `${prefix}${name}${n}`);
    for (let round = 0; round < size.rounds; round += 1) {
      const batch = names.map((stream) => entry(stream, round === 0 ? 'noStream' : round, events(1)));
      const outcomes = await w.store.append(batch, (round + name.length) % 2 ? 'bulk' : 'interactive');
      expect(outcomes.every(({ status }) => status === 'appended')).toBe(true);
    }
  };
  await Promise.all([writer('a'), writer('bb')]);
}

function expectWhole(found: readonly RecordedEvent[], size: { streams: number; rounds: number }): void {
  const byStream = revisions(found);
  expect(Object.keys(byStream)).toHaveLength(size.streams);
  for (const seen of Object.values(byStream)) expect(seen).toEqual(upTo(size.rounds));
}

export function subscriptionContract(makeStore: MakeStore): void {
  const w = world(makeStore);
  const size = { streams: 12, rounds: 15 };
  const count = size.streams * size.rounds;

  describe.each([1, 3, 1_000])('subscribing with batches of at most %i', (batchMax) => {
    it('given a log, when subscribed from the start, then each stream comes whole and in order, none twice, in batches no larger', async () => {
      const prefix = w.prefix();
      await appendBusily(w, prefix, size);
      const found = await read(w.store, { prefix, batchMax, count, onBatch: (batch) => expect(batch.events.length).toBeLessThanOrEqual(batchMax) });
      expectWhole(found, size);
    });

    it('given appends in both lanes going on, when subscribed before them, then each stream comes whole and in order', async () => {
      const prefix = w.prefix();
      const from = await w.store.end();
      const [found] = await Promise.all([read(w.store, { from, prefix, batchMax, count }), appendBusily(w, prefix, size)]);
      expectWhole(found, size);
    });
  });

  it('given appends going on, when subscribed from zero, from the middle and from the end meanwhile, then each gets all that follows, whole and in order', async () => {
    const prefix = w.prefix();
    const zero = await w.store.end();
    const history = upTo(6).map((n) => `${prefix}old${n}`);
    for (const stream of history) await w.append(stream, 'noStream', events(4), 'interactive');
    const seen: Checkpoint[] = [];
    await read(w.store, { from: zero, prefix, batchMax: 3, count: 12, onBatch: ({ checkpoint }) => { seen.push(checkpoint); } });
    const [middle, end] = [seen.at(-1) ?? zero, await w.store.end()];
    const appending = appendBusily(w, prefix, size);
    const [all, half, live] = await Promise.all([
      read(w.store, { from: zero, prefix, batchMax: 5, count: 24 + count }), read(w.store, { from: middle, prefix, batchMax: 5, count: 12 + count }),
      read(w.store, { from: end, prefix, batchMax: 5, count }), appending,
    ]);
    expectWhole(live, size);
    for (const [found, old] of [[all, 24], [half, 12]] as const) {
      expect(found.slice(0, old).every(({ stream }) => history.includes(stream))).toBe(true);
      expectWhole(found.slice(old), size);
      for (const one of Object.values(revisions(found))) expect(one).toEqual(upTo(one.at(-1) ?? 0, one[0]));
    }
  });

  it('given a subscription in full run, when it is cancelled while appends go on, then it ends, and another goes on from its checkpoint', async () => {
    const prefix = w.prefix();
    const from = await w.store.end();
    const appending = appendBusily(w, prefix, size);
    let reached = from;
    const first = await read(w.store, { from, prefix, batchMax: 4, count: 20, onBatch: ({ checkpoint }) => { reached = checkpoint; } });
    expect(first.length).toBeLessThan(24);
    await appending;
    expectWhole([...first, ...await read(w.store, { from: reached, prefix, batchMax: 4, count: count - first.length })], size);
  });

  it('given a reader that stops at any checkpoint, when it goes on from there, then it gets the rest and nothing twice', async () => {
    const prefix = w.prefix();
    const from = await w.store.end();
    await appendBusily(w, prefix, { streams: 4, rounds: 6 });
    const seen: RecordedEvent[] = [];
    const stops: { checkpoint: Checkpoint; before: RecordedEvent[] }[] = [];
    await read(w.store, { from, prefix, batchMax: 2, count: 24, onBatch: ({ events: got, checkpoint }) => {
      seen.push(...got);
      stops.push({ checkpoint, before: [...seen] });
    } });
    expect(stops.length).toBeGreaterThanOrEqual(12);
    for (const { checkpoint, before } of stops) {
      const rest = before.length === 24 ? [] : await read(w.store, { prefix, from: checkpoint, batchMax: 5, count: 24 - before.length });
      expectWhole([...before, ...rest], { streams: 4, rounds: 6 });
    }
  });

  it('given a reader restarted after every batch while appends go on, then each stream comes whole and in order', async () => {
    const prefix = w.prefix();
    const found: RecordedEvent[] = [];
    const readOn = async (): Promise<void> => {
      let from = await w.store.end();
      while (found.length < count) {
        for await (const batch of w.store.subscribe(from, { batchMax: 7, prefix, signal: new AbortController().signal })) {
          found.push(...batch.events);
          from = batch.checkpoint;
          break;
        }
      }
    };
    // The end is read before the first append: an append begins only after the reader has asked for it.
    const reading = readOn();
    await w.store.end();
    await Promise.all([reading, appendBusily(w, prefix, size)]);
    expectWhole(found, size);
  });

  it('given a checkpoint of the end, when subscribed from it, then only what is appended later comes', async () => {
    const prefix = w.prefix();
    await w.append(`${prefix}a`, 'noStream', events(3));
    const from = await w.store.end();
    const later = events(2);
    const reading = read(w.store, { from, prefix, count: 2 });
    await w.append(`${prefix}a`, 3, later, 'interactive');
    expect((await reading).map(({ id }) => id)).toEqual(later.map(({ id }) => id));
  });

  it('given two subscribers, when appends come, then both get all of them', async () => {
    const prefix = w.prefix();
    const from = await w.store.end();
    const readings = [read(w.store, { from, prefix, count, batchMax: 4 }), read(w.store, { from, prefix, count, batchMax: 90 })];
    await appendBusily(w, prefix, size);
    for (const reading of readings) expectWhole(await reading, size);
  });

  it('given a prefix, when other streams are written to, then only matching events come and the checkpoint moves on over the others', async () => {
    const [wanted, other] = [w.prefix(), w.prefix()];
    const from = await w.store.end();
    await w.store.append([entry(`${wanted}a`, 'noStream', events(1)), entry(`${other}a`, 'noStream', events(40))]);
    await w.append(`${other}b`, 'noStream', events(20), 'interactive');
    const target = await w.store.end();
    await w.append(`${wanted}b`, 'noStream', [event()]);
    let last = from;
    const found = await read(w.store, { from, prefix: wanted, batchMax: 8, count: 2, onBatch: ({ checkpoint }) => { last = checkpoint; } });
    expect(revisions(found)).toEqual({ [`${wanted}a`]: [1], [`${wanted}b`]: [1] });
    expect(w.store.covers(last, target)).toBe(true);
  });

  it('given no prefix, when subscribed, then events of all streams come', async () => {
    const [one, two] = [w.prefix(), w.prefix()];
    const from = await w.store.end();
    await w.store.append([entry(`${one}a`, 'noStream', events(1)), entry(`${two}a`, 'noStream', events(1))]);
    const found: RecordedEvent[] = [];
    for await (const batch of w.store.subscribe(from, { batchMax: 10, signal: new AbortController().signal })) {
      found.push(...batch.events.filter(({ stream }) => stream.startsWith(one) || stream.startsWith(two)));
      if (found.length >= 2) break;
    }
    expect(revisions(found)).toEqual({ [`${one}a`]: [1], [`${two}a`]: [1] });
  });

  it('given a reader at the end, when it reads on, then the last batch says that it has caught up', async () => {
    const prefix = w.prefix();
    const from = await w.store.end();
    await w.append(`${prefix}a`, 'noStream', events(5));
    const caughtUp: boolean[] = [];
    for await (const batch of w.store.subscribe(from, { prefix, batchMax: 2, signal: new AbortController().signal })) {
      caughtUp.push(batch.caughtUp);
      if (batch.caughtUp) break;
    }
    expect(caughtUp.at(0)).toBe(false);
    expect(caughtUp.at(-1)).toBe(true);
  });

  it('given a waiting subscription, when its signal aborts, then it ends without an error', async () => {
    const stop = new AbortController();
    const from = await w.store.end();
    const reading = read(w.store, { from, prefix: w.prefix(), count: 1, signal: stop.signal });
    stop.abort();
    expect(await reading).toEqual([]);
    expect(await read(w.store, { from, count: 1, signal: stop.signal })).toEqual([]);
  });

  it('given appends, when the end is asked for, then it covers the ends before it and the start, and not the other way round', async () => {
    const before = await w.store.end();
    await w.append(`${w.prefix()}a`, 'noStream', events(1), 'interactive');
    const middle = await w.store.end();
    await w.append(`${w.prefix()}a`, 'noStream', events(1), 'bulk');
    const after = await w.store.end();
    for (const early of [w.store.start, before, middle]) {
      expect(w.store.covers(after, early)).toBe(true);
      expect(w.store.covers(early, after)).toBe(false);
    }
    expect(w.store.covers(after, after)).toBe(true);
  });
}
