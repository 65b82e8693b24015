import { randomUUID } from 'node:crypto';

import { ANY, BACKWARDS, END, EventStoreDBClient, type EventTypeToRecordedEvent, type JSONEventType, jsonEvent, NO_STREAM, type Position, streamNameFilter } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { anyEventStore, type EventStoreServer } from '../../../../tools/rigs/event-store/any-event-store.ts';

/**
 * What the adapter takes for granted of a server, asked by the client's own methods. It is how the rig is known to behave like
 * EventStoreDB: set TREBOL_TEST_EVENT_STORE_URL, and the same is asked of a real one.
 */
describe('the server, as its own client sees it', () => {
  let server: EventStoreServer;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    server = await anyEventStore();
    client = EventStoreDBClient.connectionString(server.url);
  });
  afterAll(async () => {
    await client.dispose();
    await server.stop();
  });

  const stream = (): string => `fact${randomUUID()}`;
  const some = (count: number) => Array.from({ length: count }, (_, n) => jsonEvent({ type: 'Happened', data: { n } }));
  const read = async (name: string, options: Parameters<EventStoreDBClient['readStream']>[1] = {}): Promise<EventTypeToRecordedEvent<JSONEventType>[]> => {
    const found = [];
    for await (const { event } of client.readStream<JSONEventType>(name, options)) if (event) found.push(event);
    return found;
  };
  const userless = { credentials: { username: 'admin', password: 'changeit' } };

  it.each([['batch', {}], ['unary', userless]])('given an append by a %s call, when it is sent again at the same revision, then its first answer comes and nothing is written', async (_, call) => {
    const name = stream();
    const added = some(3);
    const first = await client.appendToStream(name, added, { expectedRevision: NO_STREAM, ...call });
    expect(first).toMatchObject({ success: true, nextExpectedRevision: 2n });
    await client.appendToStream(name, some(2), { expectedRevision: 2n, ...call });
    expect(await client.appendToStream(name, added, { expectedRevision: NO_STREAM, ...call })).toMatchObject({ success: true, nextExpectedRevision: 2n });
    expect(await client.appendToStream(name, added.slice(0, 2), { expectedRevision: NO_STREAM, ...call })).toMatchObject({ nextExpectedRevision: 1n });
    expect(await read(name)).toHaveLength(5);
  });

  it.each([['batch', {}], ['unary', userless]])('given a stream, when another revision is expected by a %s call, more ids or another order are sent, then it is a conflict', async (_, call) => {
    const name = stream();
    const added = some(3);
    await client.appendToStream(name, added, { expectedRevision: NO_STREAM, ...call });
    const conflict = { type: 'wrong-expected-version', actualVersion: 2n };
    await expect(client.appendToStream(name, some(1), { expectedRevision: 1n, ...call })).rejects.toMatchObject(conflict);
    await expect(client.appendToStream(name, some(1), { expectedRevision: 7n, ...call })).rejects.toMatchObject(conflict);
    await expect(client.appendToStream(name, [...added, ...some(1)], { expectedRevision: NO_STREAM, ...call })).rejects.toMatchObject(conflict);
    await expect(client.appendToStream(name, added.toReversed(), { expectedRevision: NO_STREAM, ...call })).rejects.toMatchObject(conflict);
    await expect(client.appendToStream(stream(), some(1), { expectedRevision: 0n, ...call })).rejects.toMatchObject({ type: 'wrong-expected-version', actualVersion: 'no_stream' });
  });

  it('given ids that stand already, when they are appended at the head, then they are written again', async () => {
    const name = stream();
    const added = some(2);
    await client.appendToStream(name, added, { expectedRevision: NO_STREAM });
    expect(await client.appendToStream(name, added, { expectedRevision: 1n })).toMatchObject({ nextExpectedRevision: 3n });
  });

  it.each([['batch', {}], ['unary', userless]])('given more than 1 MiB, when appended by a %s call, then it is refused, and nothing is written', async (_, call) => {
    const name = stream();
    const large = [1, 2].map(() => jsonEvent({ type: 'Large', data: { text: 'x'.repeat(600_000) } }));
    await expect(client.appendToStream(name, large, { expectedRevision: ANY, ...call })).rejects.toMatchObject({ type: 'maximum-append-size-exceeded' });
    await expect(read(name)).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  it('given a stream, when it is read both ways and from a revision, then order, revisions and instants are as written', async () => {
    const name = stream();
    const began = Date.now();
    await client.appendToStream(name, some(5), { expectedRevision: NO_STREAM });
    expect((await read(name, { fromRevision: 3n })).map(({ revision }) => revision)).toEqual([3n, 4n]);
    const [last, ...others] = await read(name, { direction: BACKWARDS, fromRevision: END, maxCount: 2 });
    expect([last?.revision, others.map(({ revision }) => revision)]).toEqual([4n, [3n]]);
    expect(Math.abs((last?.created.getTime() ?? 0) - began)).toBeLessThan(60_000);
    await expect(read(stream())).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  it('given a subscription to everything by prefix, when it is taken up after any event, also within an append, then the next ones come', async () => {
    const [prefix, other] = [stream(), stream()];
    await client.appendToStream(`${prefix}-a`, some(3), { expectedRevision: NO_STREAM });
    for (let from = 0; from < 2_000; from += 500) await client.appendToStream(other, some(500), { expectedRevision: from === 0 ? NO_STREAM : BigInt(from - 1) });
    await client.appendToStream(`${prefix}-b`, some(2), { expectedRevision: NO_STREAM });
    const follow = async (fromPosition: Position | undefined, count: number): Promise<{ positions: Position[]; checkpoints: Position[] }> => {
      const positions: Position[] = [];
      const checkpoints: Position[] = [];
      const filter = streamNameFilter({ prefixes: [prefix], maxSearchWindow: 100, checkpointReached: async (_, position) => { checkpoints.push(position); } });
      const subscription = client.subscribeToAll({ filter, ...(fromPosition ? { fromPosition } : {}) });
      for await (const { event } of subscription) {
        if (event) positions.push(event.position);
        if (positions.length === count) break;
      }
      return { positions, checkpoints };
    };
    const { positions, checkpoints } = await follow(undefined, 5);
    expect(checkpoints.length).toBeGreaterThanOrEqual(2);
    for (let n = 0; n < 4; n += 1) expect((await follow(positions[n], 4 - n)).positions).toEqual(positions.slice(n + 1));
    const among = checkpoints.find(({ commit }) => commit > (positions[2]?.commit ?? 0n) && commit < (positions[3]?.commit ?? 0n));
    expect((await follow(among, 2)).positions).toEqual(positions.slice(3));
  });
});
