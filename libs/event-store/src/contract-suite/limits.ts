import { describe, expect, it } from '@jest/globals';

import { APPEND_STREAMS_MAX, InvalidAppend, type NewEvent } from '../port.ts';
import { EVENT_TYPE_CHARS_MAX, RECORDED_AT_MS_MAX, RECORDED_AT_MS_MIN, SCHEMA_VERSION_MAX, STREAM_NAME_CHARS_MAX } from '../validate-append.ts';
import { entry, event, events, type MakeStore, upTo, world } from './given.ts';

/** Every limit of an append, at it and one past it; that of bytes is among the appends. */
export function limitContract(makeStore: MakeStore): void {
  const w = world(makeStore);

  it.each<[string, Partial<NewEvent>, Partial<NewEvent>]>([
    ['a type as long as there is', { type: 'T'.repeat(EVENT_TYPE_CHARS_MAX) }, { type: 'T'.repeat(EVENT_TYPE_CHARS_MAX + 1) }],
    ['the earliest instant', { recordedAt: RECORDED_AT_MS_MIN }, { recordedAt: RECORDED_AT_MS_MIN - 1 }],
    ['the latest instant', { recordedAt: RECORDED_AT_MS_MAX }, { recordedAt: RECORDED_AT_MS_MAX + 1 }],
    ['the highest schema version', { schemaVersion: SCHEMA_VERSION_MAX }, { schemaVersion: SCHEMA_VERSION_MAX + 1 }],
    ['the lowest schema version', { schemaVersion: 0 }, { schemaVersion: -1 }],
  ])('given %s, then the event is kept as it is, by load, by reading and by subscribing; one past it, then it is refused', async (_, at, past) => {
    const stream = `${w.prefix()}a`;
    const from = await w.store.end();
    const added = event({}, at);
    expect(await w.append(stream, 'noStream', [added])).toEqual({ status: 'appended', revision: 1 });
    await expect(w.append(stream, 1, [event({}, past)])).rejects.toBeInstanceOf(InvalidAppend);
    expect((await w.store.load([stream])).get(stream)?.events).toEqual([expect.objectContaining(added)]);
    expect(await Array.fromAsync(w.store.readStream(stream))).toEqual([expect.objectContaining(added)]);
    for await (const batch of w.store.subscribe(from, { batchMax: 10, prefix: stream, signal: new AbortController().signal })) {
      if (batch.events.length === 0) continue;
      expect(batch.events).toEqual([expect.objectContaining(added)]);
      break;
    }
  });

  it('given a name as long as there is, then the stream is there under it; one character more is refused', async () => {
    const longest = w.prefix().padEnd(STREAM_NAME_CHARS_MAX, 'x');
    expect(await w.append(longest, 'noStream', events(2))).toEqual({ status: 'appended', revision: 2 });
    expect(await w.ids(longest)).toHaveLength(2);
    expect((await w.store.load([longest])).get(longest)?.revision).toBe(2);
    await expect(w.append(`${longest}x`, 'noStream', events(1))).rejects.toBeInstanceOf(InvalidAppend);
    await expect(w.append(`${longest.slice(0, -1)}y`, 1, events(1))).resolves.toEqual({ status: 'conflict', actual: 0 });
  });

  it('given as many streams as one append takes, then each has its event; one more, and nothing of it is written', async () => {
    const prefix = w.prefix();
    const batch = upTo(APPEND_STREAMS_MAX).map((n) => entry(`${prefix}${n}`, 'noStream', events(1)));
    await expect(w.store.append([...batch, entry(`${prefix}more`, 'noStream', events(1))])).rejects.toBeInstanceOf(InvalidAppend);
    expect(await w.ids(`${prefix}1`)).toEqual([]);
    const outcomes = await w.store.append(batch, 'bulk');
    expect(outcomes).toHaveLength(APPEND_STREAMS_MAX);
    expect(outcomes.every((outcome) => outcome.status === 'appended' && outcome.revision === 1)).toBe(true);
    for (const n of [1, APPEND_STREAMS_MAX / 2, APPEND_STREAMS_MAX]) expect(await w.ids(`${prefix}${n}`)).toHaveLength(1);
  }, 60_000);

  describe('snapshots', () => {
    it('given bytes of any size, then load answers them as they were given, or events from further back', async () => {
      for (const size of [0, 1, 65_536, 65_537, 200_000]) {
        const stream = `${w.prefix()}a`;
        const snapshot = { schemaVersion: 3, bytes: new Uint8Array(size).fill(7) };
        const [first, second] = [events(2), events(1)];
        await w.store.append([{ ...entry(stream, 'noStream', first), snapshot }]);
        await w.append(stream, 2, second);
        const tail = (await w.store.load([stream])).get(stream);
        const kept = tail?.snapshot;
        expect(tail?.events.map(({ id }) => id)).toEqual([...(kept === undefined ? first : []), ...second].map(({ id }) => id));
        if (kept !== undefined) {
          expect({ schemaVersion: kept.schemaVersion, bytes: Buffer.from(kept.bytes), revision: kept.revision })
            .toEqual({ schemaVersion: 3, bytes: Buffer.from(snapshot.bytes), revision: 2 });
        }
      }
    });
  });
}
