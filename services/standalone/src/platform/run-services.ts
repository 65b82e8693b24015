import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKeys, Background, createHttpApplication, Health, jsonLogger, shutDown } from '@trebol/chassis';
import { EARNING, type EarningServices } from '@trebol/earning';
import { externalIdsOf, MemberRelay } from '@trebol/enrollment';
import { LEDGER, type LedgerServices } from '@trebol/ledger';
import { BusTransport } from '@trebol/messaging';
import { LapseHolds, MergeWallets, SweepTransfers } from '@trebol/redemption';
import { composition } from './compose.ts';
import type { NewKey, PlatformOptions, VerifyReport } from './platform.ts';
import type { Stores } from './open-stores.ts';

/** The tenant of a platform that serves one company. */
const TENANT = 'main';
/** Pause between looks at what is not settled yet, in milliseconds. */
const SETTLE_POLL_MS = 5;
/** A platform that is not settled by then has a consumer that stands still; it says so rather than wait for ever. */
const SETTLE_MS_MAX = 10 * 60_000;

/** The services of one process, serving. */
export interface RunningServices {
  readonly url: string;
  readonly adminKey: string | undefined;
  sessionKey(): Promise<string>;
  createKey(wanted: NewKey): Promise<string>;
  settled(): Promise<void>;
  verify(onProgress?: (done: number, total: number) => void): Promise<VerifyReport>;
  rebuild(onProgress?: (events: number, total: number) => void): Promise<{ readonly events: number }>;
  stop(): Promise<void>;
}

/** Composes the services into one application, connects the bus, starts background work and listens. */
export async function openServices(options: PlatformOptions, stores: Stores): Promise<RunningServices> {
  const { clock, ids, databases } = stores;
  const health = new Health(clock);
  const keys = new ApiKeys({ dataSource: databases.access, clock, ids });
  let running: Services | undefined;
  const app = await createHttpApplication(composition(stores, health, async () => running?.settled()), {
    ids, health, access: { keys, open: options.open }, logger: jsonLogger({ service: 'standalone', level: options.logLevel as 'warn' }),
    streamedTypes: ['application/gzip', 'text/csv', 'application/x-ndjson', 'application/yaml'], documentation: { title: 'Trébol', version: '0.1.0' },
  });
  const transport = new BusTransport(stores.bus);
  app.connectMicroservice({ strategy: transport });
  const background = new Background().add('bus maintenance', stores.bus.maintenance);
  try {
    await app.startAllMicroservices();
    await background.start();
    await listen(app, options);
  } catch (error) {
    await shutDown(app, { health, background });
    throw error;
  }
  health.markStarted();
  running = new Services({ app, transport, keys, health, background }, stores, options.firstKey ? await firstAdminKey(keys) : undefined);
  return running;
}

/** An admin key is made when the tenant has none: the first start prints it, no later one can. */
async function firstAdminKey(keys: ApiKeys): Promise<string | undefined> {
  const listed = await keys.list(TENANT);
  if (listed.some((key) => key.name === 'admin' && key.revokedAt === null)) return undefined;
  return (await keys.create({ tenant: TENANT, name: 'admin', kind: 'test', scopes: ['*'] })).key;
}

async function listen(app: NestFastifyApplication, { host, port, fallBackToFreePort }: PlatformOptions): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    if (!fallBackToFreePort || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await app.listen(0, host);
  }
}

interface Parts {
  readonly app: NestFastifyApplication;
  readonly transport: BusTransport;
  readonly keys: ApiKeys;
  readonly health: Health;
  readonly background: Background;
}

class Services implements RunningServices {
  readonly url: string;
  private readonly sessionKeys: string[] = [];

  constructor(private readonly parts: Parts, private readonly stores: Stores, readonly adminKey: string | undefined) {
    const { address, port } = parts.app.getHttpServer().address() as AddressInfo;
    this.url = `http://${address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address}:${port}`;
  }

  async sessionKey(): Promise<string> {
    const { key, keyId } = await this.parts.keys.create({ tenant: TENANT, name: 'session', kind: 'test', scopes: ['*'] });
    this.sessionKeys.push(keyId);
    return key;
  }

  async createKey({ live, ...wanted }: NewKey): Promise<string> {
    return (await this.parts.keys.create({ ...wanted, kind: live ? 'live' : 'test' })).key;
  }

  /** Each look drives every hop; when a whole look finds nothing under way, all that was recorded has been derived. */
  async settled(): Promise<void> {
    const { clock } = this.stores;
    const deadline = performance.now() + SETTLE_MS_MAX;
    while (!(await this.look())) {
      if (performance.now() > deadline) throw new Error('the platform does not settle: a consumer stands still; see /readyz and the log');
      await clock.sleep(SETTLE_POLL_MS);
    }
  }

  private async look(): Promise<boolean> {
    const { app, transport } = this.parts;
    const earning = app.get<EarningServices>(EARNING);
    const ledger = app.get<LedgerServices>(LEDGER);
    const moved = await app.get(MemberRelay).drain() + await this.sweepRedemption();
    const booked = this.stores.sandbox ? await bookDue(ledger, this.stores.clock.now()) : 0;
    await ledger.projector.catchUp();
    await ledger.publisher.catchUp();
    return moved + booked === 0 && await earning.publisher.caughtUp() && await transport.lag() === 0;
  }

  /** Holds that lapsed, transfers that were not answered in time, merges under way: what redemption finishes by itself. */
  private async sweepRedemption(): Promise<number> {
    const { app } = this.parts;
    return await app.get(LapseHolds).runOnce() + await app.get(SweepTransfers).runOnce() + await app.get(MergeWallets).runOnce();
  }

  async verify(onProgress: (done: number, total: number) => void = () => undefined): Promise<VerifyReport> {
    const labels = await externalIdsOf(this.stores.databases.enrollment, TENANT);
    const { verify } = this.parts.app.get<LedgerServices>(LEDGER);
    const report = await verify.run({ label: ({ member }) => labels.get(member) ?? member, onProgress: ({ events }) => onProgress(events, events) });
    return { wallets: report.wallets, events: report.events, balancesHash: report.balancesHash, differences: report.difference ? [report.difference.message] : [] };
  }

  async rebuild(onProgress: (events: number, total: number) => void = () => undefined): Promise<{ readonly events: number }> {
    const { rebuild } = this.parts.app.get<LedgerServices>(LEDGER);
    return rebuild.run({ onProgress: ({ events, eventsTotal }) => onProgress(events, eventsTotal ?? events) });
  }

  async stop(): Promise<void> {
    for (const keyId of this.sessionKeys.splice(0)) await this.parts.keys.revoke(TENANT, keyId);
    const { app, health, background } = this.parts;
    await shutDown(app, { health, background, clock: this.stores.clock });
  }
}

async function bookDue(ledger: LedgerServices, now: number): Promise<number> {
  const booked = await ledger.bookDue.runUntilCaughtUp(now);
  return booked.wallets;
}
