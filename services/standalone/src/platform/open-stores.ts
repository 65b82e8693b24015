import { hash } from 'node:crypto';
import { CreateApiKey, openDataSource, type SandboxClock, sandboxClock, systemClock, systemIds } from '@trebol/chassis';
import { type Clock, type Ids, topics } from '@trebol/contracts';
import { earningDatabase } from '@trebol/earning';
import { startPostgres } from '@trebol/embedded-postgres';
import { enrollmentDatabase } from '@trebol/enrollment';
import { checkChain, checkLog, PostgresEventStore } from '@trebol/event-store';
import { ledgerEntities, ledgerMigrations } from '@trebol/ledger';
import { PostgresBus } from '@trebol/messaging';
import type { PointsLedger } from '@trebol/points';
import { redemptionDatabase } from '@trebol/redemption';
import { segmentationEntities, segmentationMigrations } from '@trebol/segmentation';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { crashingStores } from './crash-points.ts';
import { type DataFolder, NotThisPlatform } from './data-folder.ts';
import type { PlatformOptions } from './platform.ts';

/** Memory of the embedded server, for a platform that stays below 1 GB with everything in it. */
const EMBEDDED_SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '96MB', max_connections: '100', max_wal_size: '1GB', work_mem: '8MB', maintenance_work_mem: '64MB', jit: 'off', max_parallel_workers_per_gather: '0',
};

/** Batches of a subscription in memory at the same time: one process has two cores to decode them with, and 1 GB for everything. */
const BUS_PARTITIONS_AT_ONCE = 4;

type ServiceName = 'access' | 'enrollment' | 'earning' | 'redemption' | 'ledger' | 'segmentation';

/** Connections at most. A backend takes some 4 MB; two cores gain nothing from more. */
const DATABASES = {
  access: { schema: 'access', entities: [], migrations: [CreateApiKey], poolMax: 2 },
  enrollment: { ...enrollmentDatabase, poolMax: 4 },
  earning: { ...earningDatabase, poolMax: 6 },
  redemption: { ...redemptionDatabase, poolMax: 4 },
  ledger: { schema: 'ledger', entities: ledgerEntities, migrations: ledgerMigrations, poolMax: 6 },
  segmentation: { schema: 'segmentation', entities: segmentationEntities, migrations: segmentationMigrations, poolMax: 2 },
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
    const sandbox = options.sandboxFrom === undefined ? undefined : sandboxClock(Math.max(options.sandboxFrom, folder.fresh ? 0 : await lastRecorded(server.url)));
    const clock = sandbox ?? systemClock;
    const eventStore = opened(await PostgresEventStore.open({ url: server.url, clock, poolMax: 6 }), (part) => part.close());
    const bus = opened(await PostgresBus.open({ url: server.url, clock, topics: Object.values(topics), concurrentPartitions: BUS_PARTITIONS_AT_ONCE }), (part) => part.close());
    const databases = {} as Record<ServiceName, DataSource>;
    for (const [name, database] of Object.entries(DATABASES) as [ServiceName, (typeof DATABASES)[ServiceName]][]) {
      databases[name] = opened(await openDataSource({ url: server.url, applicationName: `trebol ${name}`, ...database }), (part) => part.destroy());
    }
    const identifierKey = options.identifierKey === undefined ? await folder.identifierKey() : keyOf(options.identifierKey);
    await rememberKey(databases.access, identifierKey);
    const ports = options.crashAt ? crashingStores({ eventStore, bus }, options.crashAt) : { eventStore, bus, ledger: (ledger: PointsLedger) => ledger };
    return {
      clock, sandbox, ids: systemIds(clock), folder, identifierKey, eventStore: ports.eventStore, bus: ports.bus, fused: ports.ledger, databases,
      postgresPid: server.pid, checkLog: () => firstFault(server.url), close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function firstFault(url: string): Promise<string | undefined> {
  const [fault] = [...await checkLog({ url, differencesMax: 1 }), ...await checkChain({ url })];
  return fault === undefined ? undefined : JSON.stringify(fault);
}

const KEY_BYTES = 32;

function keyOf(text: string): Buffer {
  const key = Buffer.from(text, 'base64url');
  if (key.length !== KEY_BYTES) throw new NotThisPlatform(`TREBOL_IDENTIFIER_KEY: base64url of ${KEY_BYTES} bytes`);
  return key;
}

/** The database keeps a fingerprint of the key its tokens were made with: another key would make every member a stranger, silently. */
async function rememberKey(access: DataSource, key: Buffer): Promise<void> {
  await access.query('CREATE TABLE IF NOT EXISTS access.installation (name text PRIMARY KEY, value text NOT NULL)');
  const fingerprint = hash('sha256', key, 'hex').slice(0, 16);
  await access.query(`INSERT INTO access.installation (name, value) VALUES ('identifierKey', $1) ON CONFLICT (name) DO NOTHING`, [fingerprint]);
  const [kept]: { value: string }[] = await access.query(`SELECT value FROM access.installation WHERE name = 'identifierKey'`);
  if (kept?.value !== fingerprint) throw new NotThisPlatform('this database was filled with another identifier key: use its data folder, or its key in TREBOL_IDENTIFIER_KEY');
}

/** A sandbox goes on where it was: its clock never begins before what it has recorded. */
async function lastRecorded(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const there = await client.query<{ there: boolean }>("SELECT to_regclass('event_store.event') IS NOT NULL AS there");
    if (!there.rows[0]?.there) return 0;
    const found = await client.query<{ at: string | null }>('SELECT ceil(extract(epoch FROM max(recorded_at)) * 1000) AS at FROM event_store.event');
    return Number(found.rows[0]?.at ?? 0);
  } finally {
    await client.end();
  }
}
