import { describe, expect, it } from '@jest/globals';
import { type EventStore, MemoryEventStore } from '@trebol/event-store';
import type { MessageBatch, MessageBus, Subscription } from '@trebol/messaging';
import { crashingStores, type CrashPoint, parseCrashPlan } from './crash-points.ts';

describe('crash points', () => {
  it.each(['after-append', 'before-offset:3'])('given %s, then it is a plan', (text) => {
    expect(parseCrashPlan(text)).toMatchObject({ occurrence: text.endsWith(':3') ? 3 : 1 });
  });

  it.each([
    '', 'after-lunch', 'after-append:0', 'after-append:x',
  ])('given "%s", then it is refused rather than ignored', (text) => {
    expect(() => parseCrashPlan(text)).toThrow(RangeError);
  });

  it('given a plan for the second time, when each port is used three times, then the process dies once, at the second', async () => {
    for (const point of [
      'mid-append', 'after-append', 'mid-publish', 'after-publish', 'before-offset', 'after-rate',
    ] as const) {
      const deaths = await useThrice(point);
      expect({ point, deaths }).toEqual({ point, deaths: [2] });
    }
  });
});

/** Uses every port three times; answers at which round the fuse blew. */
async function useThrice(point: CrashPoint): Promise<number[]> {
  let round = 0;
  const deaths: number[] = [];
  const handlers: Subscription[] = [];
  const bus: MessageBus = {
    publish: () => Promise.resolve(),
    consume: (subscription) => {
      handlers.push(subscription);
      return Promise.resolve({ stop: () => Promise.resolve(), lag: () => Promise.resolve(0) });
    },
    close: () => Promise.resolve(),
  };
  const eventStore: EventStore = new MemoryEventStore();
  const crashing = crashingStores({ eventStore, bus }, { point, occurrence: 2 }, () => deaths.push(round));
  const ledger = crashing.ledger({
    handle: () => Promise.reject(new Error('unused')), wallet: () => Promise.reject(new Error('unused')),
    handleMany: () => Promise.resolve([]),
  });
  await crashing.bus.consume({ topics: ['t'], group: 'g', batchMax: 1, handle: () => Promise.resolve() });
  const batch: MessageBatch = { topic: 't', partition: 0, messages: [] };
  for (round = 1; round <= 3; round += 1) {
    await crashing.eventStore.append([]);
    await crashing.bus.publish([]);
    await handlers[0]?.handle(batch);
    await ledger.handleMany([]);
  }
  return deaths;
}
