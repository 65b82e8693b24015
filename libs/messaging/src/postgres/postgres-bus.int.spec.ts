import { freshDatabase, realClock } from '@trebol/testing';
import { CONTRACT_TOPICS, messageBusContract } from '../contract-suite/index.ts';
import { openBus } from '../open-bus.ts';

messageBusContract('PostgreSQL', async () => {
  const database = await freshDatabase();
  return { open: () => openBus({ url: database.url, clientId: 'contract', clock: realClock, topics: CONTRACT_TOPICS }), drop: () => database.drop() };
});
