import { join } from 'node:path';

/**
 * The event store the services use: the rig that speaks EventStoreDB's protocol, on a folder and a port that stay the same, so that it
 * can be killed and started under the services; else the one that is named, else PostgreSQL's (undefined).
 * @param {string | undefined} asked `rig`, an address, or nothing
 * @param {string} folder
 */
export async function openEventStore(asked, folder) {
  if (asked !== 'rig') return { url: asked };
  const { startEventStoreRig } = await import('../rigs/event-store/start.ts');
  const start = (port) => startEventStoreRig({ folder: join(folder, 'event-store'), port });
  let running = await start(0);
  const { port, url } = running;
  return {
    url, stop: () => running.stop(), kill: () => running.kill(),
    restart: async () => { running = await start(port); },
  };
}
