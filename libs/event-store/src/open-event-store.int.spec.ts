import { describe, expect, it } from '@jest/globals';
import { freshDatabase, realClock } from '@trebol/testing';

import { startEventStoreRig } from '../../../tools/rigs/event-store/start.ts';
import { entry, events } from './contract-suite/given.ts';
import { openEventStore } from './open-event-store.ts';

describe('opening an event store by its URL', () => {
  it('given a PostgreSQL URL, then the store is there, and what its log can prove of itself', async () => {
    const database = await freshDatabase();
    const store = await openEventStore({ url: database.url.replace(/^postgres(ql)?:/, 'postgresql:'), clock: realClock, poolMax: 2 });
    await store.append([entry('a', 'noStream', events(2))]);
    const heads = await store.proof?.chainHeads() ?? [];
    expect(heads.map(({ position }) => position)).toContain(2);
    expect(await store.proof?.checkLog({ differencesMax: 1 })).toEqual([]);
    expect(await store.proof?.checkChain({ noted: heads })).toEqual([]);
    expect(store.proof?.eventsBetween(store.start, await store.end())).toBe(2);
    await store.close();
    await database.drop();
  });

  it.each(['esdb', 'kurrentdb'])('given a URL of the scheme %s, then the store is there, and proves nothing', async (scheme) => {
    const rig = await startEventStoreRig();
    const store = await openEventStore({ url: rig.url.replace('esdb', scheme), clock: realClock });
    expect(await store.append([entry('a', 'noStream', events(2))])).toEqual([{ status: 'appended', revision: 2 }]);
    expect(store.proof).toBeUndefined();
    await store.close();
    await rig.stop();
  });

  it('given another scheme, then it says which there are, and shows no password', async () => {
    await expect(openEventStore({ url: 'mysql://user:secret@host', clock: realClock })).rejects.toThrow(/postgres:, esdb: or kurrentdb: URL, not by "mysql"/);
  });
});
