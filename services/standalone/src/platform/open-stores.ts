import { CreateApiKey, openDataSource, type SandboxClock, sandboxClock, systemClock, systemIds } from '@trebol/chassis';
import { type Clock, type Ids, topics } from '@trebol/contracts';
import { earningDatabase } from '@trebol/earning';
import { startPostgres } from '@trebol/embedded-postgres';
import { enrollmentDatabase } from '@trebol/enrollment';
import { checkLog, PostgresEventStore } from '@trebol/event-store';
import { ledgerEntities, ledgerMigrations } from '@trebol/ledger';
import { PostgresBus } from '@trebol/messaging';
import type { PointsLedger } from '@trebol/points';
import { redemptionDatabase } from '@trebol/redemption';
import { segmentationEntities, segmentationMigrations } from '@trebol/segmentation';
import type { DataSource } from 'typeorm';
import { crashingStores } from './crash-points.ts';
import type { DataFolder } from './data-folder.ts';
import type { PlatformOptions } from './platform.ts';

/** Memory of the embedded server, for a platform that stays below 1 GB with everything in it. */
const EMBEDDED_SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '128MB', max_connections: '100', max_wal_size: '1GB', work_mem: '8MB', maintenance_work_mem: '64MB', jit: 'off', max_parallel_workers_per_gather: '0',
};

type ServiceName = 'access' | 'enrollment' | 'earning' | 'redemption' | 'ledger' | 'segmentation';

const DATABASES = {
  access: { schema: 'access', entities: [], migrations: [CreateApiKey], poolMax: 2 },
  enrollment: { ...enrollmentDatabase, poolMax: 6 },
  earning: { ...earningDatabase, poolMax: 8 },
  redemption: { ...redemptionDatabase, poolMax: 6 },
  ledger: { schema: 'ledger', entities: ledgerEntities, migrations: ledgerMigrations, poolMax: 8 },
  segmentation: { schema: 'segmentation', entities: segmentationEntities, migrations: segmentationMigrations, poolMax: 4 },
} as const;

/** What outlives requests: time, ids, the log, the bus, one database per service. */
export interface Stores {
  readonly clock: Clock;
  /** Present in a sandbox. */
  readonly sandbox: SandboxClock | undefined;
  readonly ids: Ids;
  readonly folder: DataFolder;
  readonly identifierKey: Buffer;
  readonly eventStore: PostgresEventStore;
  readonly bus: PostgresBus;
  readonly databases: Readonly<Record<ServiceName, DataSource>>;
  readonly postgresPid: number | undefined;
  /** Sets a crash test's fuse into the ledger; leaves it as it is otherwise. */
  readonly fused: (ledger: PointsLedger) => PointsLedger;
  /** The first thing wrong with the log itself, or undefined. */
  readonly checkLog: () => Promise<string | undefined>;
  /** Closes everything, last opened first. */
  close(): Promise<void>;
}

/** Opens PostgreSQL and everything that lives in it. What was opened is closed again when a later part fails. */
export async function openStores(options: PlatformOptions, folder: DataFolder): Promise<Stores> {
  const closers: (() => Promise<void>)[] = [];
  const opened = <T>(part: T, close: (part: T) => Promise<void>): T => { closers.push(() => close(part)); return part; };
  const close = async (): Promise<void> => { for (let next = closers.pop(); next; next = closers.pop()) await next(); };
  try {
    const server = options.databaseUrl === undefined
      ? opened(await startPostgres({ folder: folder.postgres, durable: true, settings: EMBEDDED_SETTINGS }), (part) => part.stop())
      : { url: options.databaseUrl, pid: undefined };
    const sandbox = options.sandboxFrom === undefined ? undefined : sandboxClock(options.sandboxFrom);
    const clock = sandbox ?? systemClock;
    const eventStore = opened(await PostgresEventStore.open({ url: server.url, clock }), (part) => part.close());
    const bus = opened(await PostgresBus.open({ url: server.url, clock, topics: Object.values(topics) }), (part) => part.close());
    const databases = {} as Record<ServiceName, DataSource>;
    for (const [name, database] of Object.entries(DATABASES) as [ServiceName, (typeof DATABASES)[ServiceName]][]) {
      databases[name] = opened(await openDataSource({ url: server.url, applicationName: `trebol ${name}`, ...database }), (part) => part.destroy());
    }
    const ports = options.crashAt ? crashingStores({ eventStore, bus }, options.crashAt) : { eventStore, bus, ledger: (ledger: PointsLedger) => ledger };
    return {
      clock, sandbox, ids: systemIds(clock), folder, identifierKey: await folder.identifierKey(), eventStore: ports.eventStore, bus: ports.bus, fused: ports.ledger, databases,
      postgresPid: server.pid, checkLog: () => firstFault(server.url), close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function firstFault(url: string): Promise<string | undefined> {
  const [fault] = await checkLog({ url, differencesMax: 1 });
  return fault === undefined ? undefined : JSON.stringify(fault);
}
