import {
  accessDatabase, defaultProgramme, observedBus, observedStore, openDataSource, PlatformMetrics, plannedCrash, poolFigures,
  type Programme, rememberIdentifierKey, rememberProgramme, type SandboxClock, sandboxClock, systemClock, systemIds,
} from '@trebol/chassis';
import { type Clock, type Ids, topics } from '@trebol/contracts';
import { earningDatabase } from '@trebol/earning';
import { startPostgres } from '@trebol/embedded-postgres';
import { enrollmentDatabase } from '@trebol/enrollment';
import { type EventStore, openEventStore } from '@trebol/event-store';
import { ledgerEntities, ledgerMigrations } from '@trebol/ledger';
import { openBus, type OpenedBus } from '@trebol/messaging';
import { type PointsLedger, traceparentOf } from '@trebol/points';
import { redemptionDatabase } from '@trebol/redemption';
import { segmentationEntities, segmentationMigrations } from '@trebol/segmentation';
import type { DataSource } from 'typeorm';
import type { DataFolder } from './data-folder.ts';
import { EMBEDDED_SETTINGS } from './embedded-settings.ts';
import type { PlatformOptions } from './platform.ts';
import { lastRecorded } from './recorded-time.ts';

/** Connections for reads and tills; bulk appends have four of their own. */
const EVENT_STORE_CONNECTIONS = 6;

/**
 * Batches of a subscription in memory at the same time: one process has two cores to decode them with, and 1
 * GB for everything.
 */
const BUS_PARTITIONS_AT_ONCE = 4;

type ServiceName = 'access' | 'enrollment' | 'earning' | 'redemption' | 'ledger' | 'segmentation';

/** Connections at most. A backend takes some 4 MB; two cores gain nothing from more. */
const DATABASES = {
  access: { ...accessDatabase, poolMax: 2 },
  enrollment: { ...enrollmentDatabase, poolMax: 4 },
  earning: { ...earningDatabase, poolMax: 6 },
  redemption: { ...redemptionDatabase, poolMax: 4 },
  ledger: { schema: 'ledger', entities: ledgerEntities, migrations: ledgerMigrations, poolMax: 7 },
  segmentation: {
    schema: 'segmentation', entities: segmentationEntities, migrations: segmentationMigrations, poolMax: 2,
  },
} as const;

/** What outlives requests: time, ids, the log, the bus, one database per service. */
export interface Stores {
  readonly clock: Clock;
  /** Present in a sandbox. */
  readonly sandbox: SandboxClock | undefined;
  readonly ids: Ids;
  /** Figures of this process. */
  readonly metrics: PlatformMetrics;
  readonly folder: DataFolder;
  readonly identifierKey: Buffer;
  readonly programme: Programme;
  readonly eventStore: EventStore;
  readonly bus: OpenedBus;
  readonly databases: Readonly<Record<ServiceName, DataSource>>;
  readonly postgresPid: number | undefined;
  /** Sets a crash test's fuse into the ledger; leaves it as it is otherwise. */
  readonly fused: (ledger: PointsLedger) => PointsLedger;
  /** Closes everything, last opened first. */
  close(): Promise<void>;
}

type Opened = <Part>(part: Part, close: (part: Part) => Promise<void>) => Part;
interface Server { readonly url: string; readonly pid: number | undefined }

/**
 * Opens PostgreSQL and everything that lives in it. What was opened is closed again when a later part fails.
 */
export async function openStores(options: PlatformOptions, folder: DataFolder): Promise<Stores> {
  const closers: (() => Promise<void>)[] = [];
  const opened: Opened = (part, close) => { closers.push(() => close(part)); return part; };
  const close = async (): Promise<void> => {
    for (let next = closers.pop(); next; next = closers.pop()) await next();
  };
  try {
    const server = await openServer(options, folder, opened);
    const sandbox = options.sandboxFrom === undefined ? undefined : await sandboxFrom(
      options.sandboxFrom, folder, server
    );
    const clock = sandbox ?? systemClock;
    const metrics = new PlatformMetrics();
    const ports = await openPorts(options, { server, clock, opened, metrics });
    const databases = await openDatabases(server, { opened, metrics });
    const identifierKey = options.identifierKey ?? await folder.identifierKey();
    await rememberIdentifierKey(databases.access, identifierKey);
    const programme = options.programme ?? defaultProgramme;
    await rememberProgramme(databases.access, programme);
    const crashing = plannedCrash(options.crashAt);
    const [eventStore, bus] = [crashing.store(ports.eventStore), crashing.bus(ports.bus)];
    const fused = (ledger: PointsLedger): PointsLedger => crashing.ledger(ledger);
    return {
      clock, sandbox, metrics, ids: systemIds(clock), folder, identifierKey, programme, eventStore, bus, fused, databases,
      postgresPid: server.pid, close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openServer(
  { databaseUrl }: PlatformOptions, folder: DataFolder, opened: Opened
): Promise<Server> {
  if (databaseUrl !== undefined) return { url: databaseUrl, pid: undefined };
  return opened(
    await startPostgres({ folder: folder.postgres, durable: true, settings: EMBEDDED_SETTINGS }),
    (part) => part.stop()
  );
}

async function sandboxFrom(start: number, folder: DataFolder, { url }: Server): Promise<SandboxClock> {
  return sandboxClock(Math.max(start, folder.fresh ? 0 : await lastRecorded(url)));
}

interface PortParts {
  readonly server: Server;
  readonly clock: Clock;
  readonly opened: Opened;
  readonly metrics: PlatformMetrics;
}

/** Log and bus: in the same PostgreSQL, unless others are named. */
async function openPorts(
  { eventStoreUrl, busUrl }: PlatformOptions, { server, clock, opened, metrics }: PortParts,
): Promise<{ eventStore: EventStore; bus: OpenedBus }> {
  const storeOptions = { url: eventStoreUrl ?? server.url, clock, poolMax: EVENT_STORE_CONNECTIONS };
  const store = opened(await openEventStore(storeOptions), (part) => part.close());
  const bus = opened(await openBus({
    url: busUrl ?? server.url, clock, topics: Object.values(topics), clientId: 'standalone',
    concurrentPartitions: BUS_PARTITIONS_AT_ONCE,
  }), (part) => part.close());
  return { eventStore: observedStore(store, metrics, traceparentOf), bus: observedBus(bus, metrics) };
}

async function openDatabases(
  { url }: Server, { opened, metrics }: Pick<PortParts, 'opened' | 'metrics'>,
): Promise<Record<ServiceName, DataSource>> {
  const databases = {} as Record<ServiceName, DataSource>;
  for (const [name, database] of Object.entries(DATABASES) as [
    ServiceName, (typeof DATABASES)[ServiceName],
  ][]) {
    const options = { url, applicationName: `trebol ${name}`, ...database };
    databases[name] = opened(await openDataSource(options), (part) => part.destroy());
    poolFigures(metrics, name, databases[name]);
  }
  return databases;
}
