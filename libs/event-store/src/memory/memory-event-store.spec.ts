import { eventStoreContract } from '../contract-suite/index.ts';
import { MemoryEventStore } from './memory-event-store.ts';

eventStoreContract('MemoryEventStore', async () => {
  const store = new MemoryEventStore();
  return {
    store, cleanup: () => store.close(),
    losing: { then: 'unknown', next: async () => { store.loseNextAnswer(); } },
  };
});
