import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  accessDatabase, ApiKeys, calendarYears, defaultProgramme, openDataSource, type Programme, sandboxClock, systemClock, systemIds, walletPolicies,
} from '@trebol/chassis';
import { type Clock, topics } from '@trebol/contracts';
import { startPostgres } from '@trebol/embedded-postgres';
import { openEventStore } from '@trebol/event-store';
import { ledgerEntities, ledgerMigrations, type LedgerServices, ledgerServices } from '@trebol/ledger';
import { type DeadLetters, type MessageBus, openBus } from '@trebol/messaging';
import { createPointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { openDataFolder, platformIn, postgresIn } from '../platform/data-folder.ts';
import { EMBEDDED_SETTINGS } from '../platform/embedded-settings.ts';
import { DataFolderInUse } from '../platform/folder-lock.ts';
import type { VerifyReport } from '../platform/platform.ts';
import { lastRecorded } from '../platform/recorded-time.ts';
import { rebuildBooks, verifyBooks, type VerifyHow } from './books.ts';

/**
 * Where an operator's commands work: on the databases that are named, else on those of a data folder, whether
 * a platform runs there or not.
 */
export interface OperationsTarget {
  readonly databaseUrl: string | undefined;
  readonly busUrl: string | undefined;
  readonly eventStoreUrl: string | undefined;
  readonly dataFolder: string;
  /** Default: one spendable type, `points`. */
  readonly programme?: Programme | undefined;
}

/** What operators do beside the public surface. Each part opens what it needs when it is first used. */
export interface Operations {
  keys(): Promise<ApiKeys>;
  deadLetters(): Promise<DeadLetters>;
  verify(how?: VerifyHow): Promise<VerifyReport>;
  rebuild(onProgress?: (events: number, total: number) => void): Promise<{ readonly events: number }>;
  close(): Promise<void>;
}

/** Connections of a command: one for each thing it does at the same time. */
const POOL_MAX = 4;

/**
 * Opens what an operator's command needs; nothing is consumed, published or booked beside what it asks for.
 */
export async function openOperations(target: OperationsTarget): Promise<Operations> {
  const closers: (() => Promise<unknown>)[] = [];
  const opened: Opened = (part, close) => { closers.push(() => close(part)); return part; };
  const close = async (): Promise<void> => {
    for (let next = closers.pop(); next; next = closers.pop()) await next();
  };
  try {
    const places = await placesOf(target, opened);
    const { url, busUrl, clock } = places;
    const books = once(() => openBooks(places, opened));
    return {
      close,
      keys: once(async () => {
        const dataSource = opened(await openDataSource({
          ...accessDatabase, url, poolMax: 1, applicationName: 'trebol keys',
        }), (part) => part.destroy());
        return new ApiKeys({ dataSource, clock: systemClock, ids: systemIds(clock) });
      }),
      deadLetters: once(async () => {
        const bus = opened(await openBus({
          url: busUrl, clock, topics: Object.values(topics), clientId: 'trebol', poolMax: POOL_MAX,
        }), (part) => part.close());
        return bus.deadLetters;
      }),
      verify: async (how) => {
        const { services, dataSource } = await books();
        return verifyBooks(services, { enrollment: dataSource, redemption: dataSource }, how);
      },
      rebuild: async (onProgress) => rebuildBooks((await books()).services, onProgress),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Opened = <Part>(part: Part, close: (part: Part) => Promise<unknown>) => Part;

interface Places {
  readonly url: string;
  readonly busUrl: string;
  readonly storeUrl: string;
  readonly clock: Clock;
  readonly programme: Programme;
}

/**
 * What the target names goes before what the data folder knows; the database is where everything is that
 * neither of them says.
 */
async function placesOf(target: OperationsTarget, opened: Opened): Promise<Places> {
  const { url, clock, stores } = target.databaseUrl === undefined
    ? await openFolderDatabase(target.dataFolder, opened) : {
      url: target.databaseUrl, clock: systemClock, stores: {},
    };
  return {
    url, clock, programme: target.programme ?? defaultProgramme, busUrl: target.busUrl ?? stores.busUrl ?? url,
    storeUrl: target.eventStoreUrl ?? stores.eventStoreUrl ?? url,
  };
}

const once = <T>(open: () => Promise<T>): (() => Promise<T>) => {
  let first: Promise<T> | undefined;
  return () => (first ??= open());
};

/**
 * The ledger over its schema and the log. Its projector runs meanwhile, as another replica beside the
 * platform's, so that it also works where none runs.
 */
async function openBooks({ url, storeUrl, clock, programme }: Places, opened: Opened): Promise<{
  services: LedgerServices;
  dataSource: DataSource;
}> {
  const eventStore = opened(
    await openEventStore({ url: storeUrl, clock, poolMax: POOL_MAX }), (part) => part.close());
  const dataSource = opened(await openDataSource({
    url, schema: 'ledger', entities: ledgerEntities, migrations: ledgerMigrations, poolMax: POOL_MAX + 2, applicationName: 'trebol books',
  }), (part) => part.destroy());
  const years = calendarYears(programme.zone);
  const ledger = createPointsLedger({
    store: eventStore, clock, cacheMax: 0, policyOf: walletPolicies(programme),
    periodAt: (_, now) => years.at(now),
  });
  const services = ledgerServices({
    clock, dataSource, eventStore, ledger, bus: NO_BUS, programme,
  });
  services.projector.start();
  opened(services.projector, (part) => part.stop());
  return { services, dataSource };
}

/** Verifying and rebuilding publish nothing; should they ever try, it is an error. */
const NO_BUS: MessageBus = {
  publish: () => Promise.reject(new Error('an operator command does not publish')),
  consume: () => Promise.reject(new Error('an operator command does not consume')),
  close: () => Promise.resolve(),
};

interface FolderDatabase {
  readonly url: string;
  readonly clock: Clock;
  /** Stores outside PostgreSQL, as the last start of separate processes noted them. */
  readonly stores: { readonly busUrl?: string; readonly eventStoreUrl?: string };
}

/**
 * The PostgreSQL of a data folder: the one that runs there, else one that runs for as long as the command
 * takes.
 */
async function openFolderDatabase(dataFolder: string, opened: Opened): Promise<FolderDatabase> {
  const { path, sandbox } = await platformIn(dataFolder);
  const start = () => startPostgres({ folder: postgresIn(path), durable: true, settings: EMBEDDED_SETTINGS });
  let url: string;
  try {
    opened(await openDataFolder(path, { create: false, sandbox }), (part) => part.release());
    ({ url } = opened(await start(), (part) => part.stop()));
  } catch (error) {
    if (!(error instanceof DataFolderInUse)) throw error;
    ({ url } = await start());
  }
  const stores = JSON.parse(
    await readFile(join(path, 'stores.json'), 'utf8').catch(() => '{}')
  ) as FolderDatabase['stores'];
  return { url, stores, clock: sandbox ? sandboxClock(await lastRecorded(url)) : systemClock };
}
