import type { INestApplicationContext } from '@nestjs/common';
import {
  ApiKeys, Background, Health, type OpenApplication, openApplication, shutDown, systemClock,
} from '@trebol/chassis';
import { EARNING, type EarningServices } from '@trebol/earning';
import { MemberRelay } from '@trebol/enrollment';
import { LEDGER, type LedgerServices } from '@trebol/ledger';
import { BusTransport } from '@trebol/messaging';
import { LapseHolds, MergeWallets, SweepTransfers } from '@trebol/redemption';
import { rebuildBooks, TENANT, verifyBooks } from '../operations/books.ts';
import { composition } from './compose.ts';
import type { PlatformOptions, VerifyReport } from './platform.ts';
import type { Stores } from './open-stores.ts';

const VERSION = '0.1.0';
/** Uploads that are read as they come: imports and rule files. */
const STREAMED_TYPES = ['application/gzip', 'text/csv', 'application/x-ndjson', 'application/yaml'];
/** Pause between looks at what is not settled yet, in milliseconds. */
const SETTLE_POLL_MS = 5;
/**
 * A platform that is not settled by then has a consumer that stands still; it says so rather than wait for
 * ever.
 */
const SETTLE_MS_MAX = 10 * 60_000;

/** A command's key ends with it; where it was killed, so long after it began, in milliseconds. */
const SESSION_MS_MAX = 12 * 3_600_000;

/** The services of one process, serving. */
export interface RunningServices {
  readonly url: string;
  readonly adminKey: string | undefined;
  sessionKey(): Promise<string>;
  settled(): Promise<void>;
  verify(onProgress?: (done: number, total: number) => void): Promise<VerifyReport>;
  rebuild(onProgress?: (events: number, total: number) => void): Promise<{ readonly events: number }>;
  stop(): Promise<void>;
}

/** Composes the services into one application, connects the bus, starts background work and listens. */
export async function openServices(options: PlatformOptions, stores: Stores): Promise<RunningServices> {
  const { clock, ids, databases, metrics } = stores;
  const health = new Health(clock);
  // Keys live in the world's time, in a sandbox too: moving its clock must lock nobody out.
  const keys = new ApiKeys({ dataSource: databases.access, clock: systemClock, ids });
  const transport = new BusTransport(stores.bus);
  const background = new Background().add('bus maintenance', stores.bus.maintenance);
  let running: Services | undefined;
  const settle = async (): Promise<boolean> => {
    await running?.settled();
    return true;
  };
  const open = await openApplication({
    service: 'standalone', version: VERSION, module: composition(
      stores, { health, keys, settle }
    ), clock, ids, health, background, metrics,
    metricsOpen: options.metricsOpen,
    access: {
      keys, open: options.open,
    }, logLevel: options.logLevel as 'warn', logTo: process.stderr, strategy: transport, streamedTypes: STREAMED_TYPES,
    host: options.host, port: options.port, fallBackToFreePort: options.fallBackToFreePort,
  });
  running = new Services(
    { open, transport, keys, health, background }, stores,
    options.firstKey ? await firstAdminKey(keys) : undefined
  );
  return running;
}

/** An admin key is made when the tenant has none: the first start prints it, no later one can. */
async function firstAdminKey(keys: ApiKeys): Promise<string | undefined> {
  const listed = await keys.list(TENANT);
  if (listed.some((key) => key.name === 'admin' && key.revokedAt === null)) return undefined;
  return (await keys.create({ tenant: TENANT, name: 'admin', kind: 'test', scopes: ['*'] })).key;
}

interface Parts {
  readonly open: OpenApplication;
  readonly transport: BusTransport;
  readonly keys: ApiKeys;
  readonly health: Health;
  readonly background: Background;
}

class Services implements RunningServices {
  readonly url: string;
  private readonly sessionKeys: string[] = [];

  constructor(
    private readonly parts: Parts, private readonly stores: Stores, readonly adminKey: string | undefined
  ) {
    this.url = parts.open.url;
  }

  private get app(): INestApplicationContext { return this.parts.open.app; }

  async sessionKey(): Promise<string> {
    const { key, keyId } = await this.parts.keys.create({
      tenant: TENANT, name: 'session', kind: 'test', scopes: ['*'], expiresAt: systemClock.now() + SESSION_MS_MAX,
    });
    this.sessionKeys.push(keyId);
    return key;
  }

  /**
   * Each look drives every hop; when a whole look finds nothing under way, all that was recorded has been
   * derived.
   */
  async settled(): Promise<void> {
    const { clock } = this.stores;
    const deadline = performance.now() + SETTLE_MS_MAX;
    while (!(await this.look())) {
      if (performance.now() > deadline) {
        throw new Error('the platform does not settle: a consumer stands still; see /readyz and the log');
      }
      await clock.sleep(SETTLE_POLL_MS);
    }
  }

  private async look(): Promise<boolean> {
    const { transport } = this.parts;
    const app = this.app;
    const earning = app.get<EarningServices>(EARNING);
    const ledger = app.get<LedgerServices>(LEDGER);
    const moved = await app.get(MemberRelay).drain() + await this.sweepRedemption();
    const booked = this.stores.sandbox ? await bookDue(ledger, this.stores.clock.now()) : 0;
    await ledger.projector.catchUp();
    await ledger.publisher.catchUp();
    return moved + booked === 0 && await earning.publisher.caughtUp() && await transport.lag() === 0;
  }

  /**
   * Holds that lapsed, transfers that were not answered in time, merges under way: what redemption finishes
   * by itself.
   */
  private async sweepRedemption(): Promise<number> {
    const { app } = this;
    const lapsed = await app.get(LapseHolds).runOnce();
    return lapsed + await app.get(SweepTransfers).runOnce() + await app.get(MergeWallets).runOnce();
  }

  verify(onProgress?: (done: number, total: number) => void): Promise<VerifyReport> {
    return verifyBooks(this.app.get<LedgerServices>(LEDGER), this.stores.databases, { onProgress });
  }

  rebuild(onProgress?: (events: number, total: number) => void): Promise<{ readonly events: number }> {
    return rebuildBooks(this.app.get<LedgerServices>(LEDGER), onProgress);
  }

  async stop(): Promise<void> {
    for (const keyId of this.sessionKeys.splice(0)) await this.parts.keys.revoke(TENANT, keyId);
    const { health, background } = this.parts;
    await shutDown(this.app, { health, background, clock: this.stores.clock });
  }
}

async function bookDue(ledger: LedgerServices, now: number): Promise<number> {
  const { wallets } = await ledger.bookDue.runUntilCaughtUp(now);
  const closed = await ledger.closeBooks?.runUntilCaughtUp(now);
  return wallets + (closed?.closed ?? 0);
}
