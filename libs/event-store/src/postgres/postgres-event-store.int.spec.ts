import { freshDatabase, realClock } from '@trebol/testing';

import { eventStoreContract } from '../contract-suite/index.ts';
import { PostgresEventStore } from './postgres-event-store.ts';

eventStoreContract('PostgresEventStore', async () => {
  const database = await freshDatabase();
  const store = await PostgresEventStore.open({ url: database.url, clock: realClock });
  return {
    store,
    cleanup: async () => {
      await store.close();
      await database.drop();
    },
  };
});
