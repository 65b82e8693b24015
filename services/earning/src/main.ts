import { mkdir } from 'node:fs/promises';
import {
  calendarYears, observedBus, observedStore, openDataSource, programmeOf, serveProcess, tracedLedger,
  walletPolicies,
} from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { openEventStore } from '@trebol/event-store';
import { BusTransport, openBus } from '@trebol/messaging';
import { createPointsLedger, traceparentOf } from '@trebol/points';
import { EARNING, earningModule } from './app.module.ts';
import type { EarningServices } from './compose.ts';
import { earningConfig } from './config.ts';
import { earningDatabase } from './database.ts';

/**
 * Wallets kept in memory between commands: some 20 MB when full. An import meets the same members again and
 * again.
 */
const WALLET_CACHE_MAX = 50_000;

/** Earning as a process of its own. */
await serveProcess('earning', earningConfig, async ({ config, clock, metrics, ids, crashing, opened, background }) => {
  await mkdir(config.TREBOL_DATA, { recursive: true });
  const storeUrl = config.EVENT_STORE_URL ?? config.DATABASE_URL;
  const store = opened(await openEventStore({ url: storeUrl, clock }), (part) => part.close());
  const eventStore = observedStore(crashing.store(store), metrics, traceparentOf);
  const busUrl = config.BUS_URL ?? config.DATABASE_URL;
  const bus = observedBus(crashing.bus(opened(
    await openBus({ url: busUrl, clock, topics: Object.values(topics), clientId: 'earning' }), (part) => part.close(),
  )), metrics);
  const dataSource = opened(await openDataSource({
    ...earningDatabase, url: config.DATABASE_URL, applicationName: 'trebol earning', poolMax: config.TREBOL_POOL_MAX,
  }), (part) => part.destroy());
  const programme = programmeOf(config);
  const years = calendarYears(programme.zone);
  const ledger = tracedLedger(crashing.ledger(createPointsLedger({
    store: eventStore, clock, cacheMax: WALLET_CACHE_MAX, policyOf: walletPolicies(programme),
    periodAt: (_, now) => years.at(now),
  })));
  background.add('bus maintenance', bus.maintenance);
  return {
    dataSource, transport: new BusTransport(bus),
    streamedTypes: ['application/gzip', 'text/csv', 'application/x-ndjson', 'application/yaml'],
    module: earningModule({
      clock, ids, bus, ledger, dataSource, programme, identifierKey: config.TREBOL_IDENTIFIER_KEY,
      dataFolder: config.TREBOL_DATA, metrics,
    }),
    drive: async (app) => (await app.get<EarningServices>(EARNING).publisher.caughtUp() ? 0 : 1),
  };
});
