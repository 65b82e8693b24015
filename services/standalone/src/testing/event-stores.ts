import { join } from 'node:path';

/** An event store that outlives the platform in front of it: what the platform has to be told of it, and its end. */
export interface OpenedStore { readonly env: NodeJS.ProcessEnv; close(): Promise<void> }

/** An event store that keeps what belongs to one data folder, for suites that every store has to pass. */
export interface StoreKind {
  readonly name: string;
  /** As the drivers of faults and crashes are asked for it. */
  readonly driverName: string;
  /** Folders beside the data folder that are copied with it. */
  readonly besides: readonly string[];
  open(folder: string): Promise<OpenedStore>;
}

interface Rig { readonly url: string; stop(): Promise<void> }
interface EventStoreRig { startEventStoreRig(options?: { folder?: string }): Promise<Rig> }

// The rig is a tool, not part of this project: it is loaded by path.
const rigPath = join(import.meta.dirname, '..', '..', '..', '..', 'tools', 'rigs', 'event-store', 'start.ts');

/** Starts the rig that speaks EventStoreDB's protocol; in memory without a folder. */
export const startRig = async (folder?: string): Promise<Rig> =>
  ((await import(rigPath)) as EventStoreRig).startEventStoreRig(folder === undefined ? {} : { folder });

const BESIDE = '.eventstore';

export const eventStores: readonly StoreKind[] = [
  { name: 'PostgreSQL', driverName: 'postgres', besides: [], open: () => Promise.resolve({ env: {}, close: () => Promise.resolve() }) },
  {
    name: 'EventStoreDB', driverName: 'rig', besides: [BESIDE],
    open: async (folder) => {
      const rig = await startRig(`${folder}${BESIDE}`);
      return { env: { EVENT_STORE_URL: rig.url }, close: () => rig.stop() };
    },
  },
];
