import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll } from '@jest/globals';
import { notRun, realClock } from '@trebol/testing';

import { realEventStore } from '../../../../tools/rigs/event-store/any-event-store.ts';
import { eventStoreContract } from '../contract-suite/index.ts';
import { EventStoreDbEventStore } from './eventstoredb-event-store.ts';

// A real server where there is one; else a rig that writes to disk before it answers.
const folder = await mkdtemp(join(tmpdir(), 'trebol-rig-'));
const server = await realEventStore({ folder });
if (server.kind === 'rig') notRun('the event store adapter on a real EventStoreDB server: no container of it can be had here, so it ran on the rig');
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

eventStoreContract('EventStoreDbEventStore', async () => {
  const store = await EventStoreDbEventStore.open({ url: server.url, clock: realClock });
  const { loseNextAnswer } = server;
  return {
    store, cleanup: () => store.close(),
    losing: loseNextAnswer === undefined ? undefined : { then: 'settled', next: loseNextAnswer },
  };
});
