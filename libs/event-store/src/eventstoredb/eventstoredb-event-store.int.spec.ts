import { afterAll } from '@jest/globals';
import { realClock } from '@trebol/testing';

import { anyEventStore } from '../../../../tools/rigs/event-store/any-event-store.ts';
import { eventStoreContract } from '../contract-suite/index.ts';
import { EventStoreDbEventStore } from './eventstoredb-event-store.ts';

const server = await anyEventStore();
afterAll(() => server.stop());

eventStoreContract('EventStoreDbEventStore', async () => {
  const store = await EventStoreDbEventStore.open({ url: server.url, clock: realClock });
  const { loseNextAnswer } = server;
  return {
    store, cleanup: () => store.close(),
    losing: loseNextAnswer === undefined ? undefined : { then: 'settled', next: loseNextAnswer },
  };
});
