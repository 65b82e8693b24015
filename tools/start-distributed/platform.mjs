import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { loadConfig, programmeOf, programmeVariables } from '@trebol/chassis';
import { startPostgres } from '@trebol/embedded-postgres';
import { openEventStore } from './event-store-rig.mjs';
import { openGateway } from './gateway.mjs';
import { SERVICES } from './routes.mjs';
import { environmentOf } from './service-environment.mjs';
import { ServiceProcess } from './service-process.mjs';
import { openDataFolder, openOperations, lastRecorded, prepareDatabase } from './standalone-parts.mjs';

/** The roles of `database-roles.ts`. */
const ROLES = [...SERVICES, 'bus', 'eventStore', 'access'];
/** The embedded server for separate processes: each has pools of its own. */
const POSTGRES_SETTINGS = {
  shared_buffers: '128MB', max_connections: '250', max_wal_size: '1GB', work_mem: '8MB', maintenance_work_mem: '64MB',
  jit: 'off', max_parallel_workers_per_gather: '0',
};
/** Bytes of a role's password. */
const PASSWORD_BYTES = 24;
/**
 * @typedef {object} StartOptions
 * @property {string} folder
 * @property {string} [host]
 * @property {number} port of the gateway; 0: a free one
 * @property {'auto' | 'postgres' | 'kafka'} bus
 * @property {string} [eventStoreUrl] another event store than PostgreSQL's; `rig`: the rig on the data folder
 * @property {(service: string) => string} [crashAt] tests: where a process that is started now kills itself
 * @property {string} [busUrl] another bus than one that is started here
 * @property {number} [clockFrom] where the clock of a sandbox begins
 * @property {number} [restartsMax] how often a service may end within a minute
 * @property {(how: { service: string, exit: number | string }) => void} [ended] told of a service that ended by itself
 * @property {(line: string) => void} [say]
 * @property {(reason: string) => void} gaveUp told once when a service ends again and again
 */

/**
 * Starts every service as a process of its own on this machine, with what they stand on, behind one gateway.
 * Whatever was started is stopped again when a later part fails.
 * @param {StartOptions} options
 */
export async function startDistributed(options) {
  const stops = [];
  const stop = async () => { for (let next = stops.pop(); next; next = stops.pop()) await next(); };
  try {
    const stores = await openStores(options, stops);
    const { folder, postgres, broker, eventStore } = stores;
    const services = await startServices(options, stores, stops);
    const gateway = await openGateway({
      urlOf: (service) => services.running.get(service)?.url, host: options.host ?? '127.0.0.1', port: options.port,
      ...(stores.sandbox ? { sandbox: stores.sandbox } : {}),
    });
    stops.push(() => gateway.close());
    return {
      url: gateway.url, adminKey: stores.adminKey, folder: folder.path, services: services.running, postgres, broker, eventStore,
      startReplica: services.startReplica,
      bus: broker.name, busUrl: broker.url ?? postgres.url, databaseUrl: postgres.url, eventStoreUrl: eventStore.url,
      /** Answers with the services that did not stop in order. */
      stop: async () => {
        await stop();
        return services.unclean;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The data folder, PostgreSQL with its roles, the bus, the admin key, the sandbox's clock. */
async function openStores(options, stops) {
  const { say = () => undefined, clockFrom } = options;
  const folder = await openDataFolder(options.folder, { create: true, sandbox: clockFrom !== undefined });
  stops.push(() => folder.release());
  await mkdir(join(folder.path, 'logs'), { recursive: true });
  say('PostgreSQL …');
  const postgres = await openPostgres(folder);
  stops.push(() => postgres.stop());
  const broker = await openBroker(options, folder, say);
  if (broker.stop) stops.push(() => broker.stop());
  const eventStore = await openEventStore(options.eventStoreUrl, folder.path);
  if (eventStore.stop) stops.push(() => eventStore.stop());
  say('Roles and schemas …');
  const identifierKey = await folder.identifierKey();
  const passwords = await passwordsIn(folder.path);
  const roles = await prepareDatabase({
    databaseUrl: postgres.url, identifierKey, programme: programmeOf(loadConfig(programmeVariables)), passwordOf: (name) => passwords[name],
  });
  // For operators' commands, which find PostgreSQL by the folder.
  const elsewhere = { busUrl: broker.url, eventStoreUrl: eventStore.url };
  await writeFile(join(folder.path, 'stores.json'), JSON.stringify(elsewhere), { mode: 0o600 });
  const adminKey = await firstAdminKey(folder.path, postgres.url);
  const sandbox = clockFrom === undefined ? undefined : await sandboxOf(clockFrom, postgres.url);
  return {
    folder, postgres, broker, roles, identifierKey: identifierKey.toString('base64'), adminKey, sandbox,
    eventStore, eventStoreUrl: eventStore.url, crashAt: options.crashAt,
  };
}

async function startServices(options, stores, stops) {
  const { say = () => undefined, gaveUp, ended, restartsMax } = options;
  say('Services …');
  const processOf = (service, log, more = {}) => new ServiceProcess({
    service, environment: () => environmentOf(service, stores), gaveUp, logFile: join(stores.folder.path, 'logs', `${log}.log`), ...more,
  });
  const running = new Map(SERVICES.map((service) => [service, processOf(service, service, { ended, restartsMax })]));
  const unclean = [];
  // Upstream first: whoever tells others stops telling, then the others finish what they were told.
  for (const service of SERVICES.toReversed()) {
    stops.push(async () => { if (!(await running.get(service).stop())) unclean.push(service); });
  }
  await Promise.all([...running.values()].map((service) => service.start()));
  /** One more process of a service, which no request is sent to; whoever starts it stops it. */
  const startReplica = async (service) => {
    const replica = processOf(service, `${service}-2`);
    await replica.start();
    return replica;
  };
  return { running, unclean, startReplica };
}

/** PostgreSQL on a port that stays the same, so that it can be stopped and started under the services. */
async function openPostgres(folder) {
  const port = await freePort();
  const start = () => startPostgres({
    folder: folder.postgres, durable: true, settings: { ...POSTGRES_SETTINGS, port: String(port) },
  });
  let running = await start();
  return {
    get url() { return running.url; },
    get pid() { return running.pid; },
    stop: () => running.stop(),
    kill: () => running.stop(),
    restart: async () => { running = await start(); },
  };
}

/**
 * The bus the services talk over: the one that is named, else Kafka of the rig where it can be had, else
 * PostgreSQL. Says which, and why.
 */
async function openBroker({ bus, busUrl }, folder, say) {
  if (busUrl !== undefined) return { name: new URL(busUrl).protocol.replace(':', ''), url: busUrl };
  if (bus === 'postgres') return { name: 'postgres', url: undefined };
  const rig = await import('../rigs/kafka/rig.ts').catch((error) => ({ missing: error }));
  try {
    if (typeof rig.startKafka !== 'function') {
      throw rig.missing ?? new Error('tools/rigs/kafka has no startKafka');
    }
    if (!('openBus' in await import('@trebol/messaging'))) {
      throw new Error('@trebol/messaging has no Kafka adapter');
    }
    say('Kafka …');
    const kafka = await rig.startKafka({ folder: join(folder.path, 'kafka') });
    return {
      name: 'kafka', url: `kafka://${kafka.brokers}`, stop: () => kafka.stop(), kill: () => kafka.kill(),
      restart: () => kafka.restart(),
    };
  } catch (error) {
    if (bus === 'kafka') throw new Error(`Kafka cannot be started: ${error.message}`, { cause: error });
    say(`No Kafka here (${String(error.message).split('\n', 1)[0]}): the services talk over PostgreSQL.`);
    return { name: 'postgres', url: undefined };
  }
}

async function firstAdminKey(dataFolder, databaseUrl) {
  const operations = await openOperations({
    databaseUrl, busUrl: undefined, eventStoreUrl: undefined, dataFolder,
  });
  try {
    const keys = await operations.keys();
    if ((await keys.list('main')).some(({ name, revokedAt }) => name === 'admin' && revokedAt === null)) {
      return undefined;
    }
    return (await keys.create({ tenant: 'main', name: 'admin', kind: 'test', scopes: ['*'] })).key;
  } finally {
    await operations.close();
  }
}

/**
 * One offset from the real time for all services; who is started again later stands where the others stand.
 */
async function sandboxOf(clockFrom, databaseUrl) {
  let offset = Math.round(Math.max(clockFrom, await lastRecorded(databaseUrl)) - Date.now());
  return { offset: () => offset, moved: (to) => { offset = Math.max(offset, to - Date.now()); } };
}

/** The roles' passwords, made once and kept in the data folder. */
async function passwordsIn(folder) {
  const file = join(folder, 'roles.json');
  const kept = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
  const made = Object.fromEntries(ROLES.map((name) => [name, kept[name] ?? randomBytes(PASSWORD_BYTES).toString('base64url')]));
  await writeFile(file, JSON.stringify(made), { mode: 0o600 });
  return made;
}

async function freePort() {
  const server = createServer();
  await new Promise((done, fail) => { server.once('error', fail); server.listen(0, '127.0.0.1', done); });
  const { port } = server.address();
  await new Promise((done) => { server.close(done); });
  return port;
}

