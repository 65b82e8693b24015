import { freshDatabase, realClock } from '@trebol/testing';

import { CuttingProxy } from '../contract-suite/cutting-proxy.ts';
import { eventStoreContract } from '../contract-suite/index.ts';
import { PostgresEventStore } from './postgres-event-store.ts';

/** The statement that appends: small appends are one call that commits by itself. */
const APPEND = /\bappend\b/;

eventStoreContract('PostgresEventStore', async () => {
  const database = await freshDatabase();
  const url = new URL(database.url);
  const line = new CuttingProxy(new URL(database.url));
  url.port = String(await line.listen());
  const store = await PostgresEventStore.open({ url: url.href, clock: realClock });
  return {
    store,
    losing: { then: 'unknown', next: async () => { line.cutAfter = APPEND; } },
    cleanup: async () => {
      await store.close();
      await line.close();
      await database.drop();
    },
  };
});
