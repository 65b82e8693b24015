import { freshDatabase, realClock } from '@trebol/testing';
import { CONTRACT_TOPICS, messageBusContract } from '../contract-suite/index.ts';
import { PostgresBus } from './postgres-bus.ts';

messageBusContract('PostgreSQL', async () => {
  const database = await freshDatabase();
  return { open: () => PostgresBus.open({ url: database.url, clock: realClock, topics: CONTRACT_TOPICS }), drop: () => database.drop() };
});
