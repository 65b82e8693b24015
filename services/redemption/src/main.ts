import {
  calendarYears, observedBus, observedStore, openDataSource, programmeOf, serveProcess, tracedLedger,
  walletPolicies,
} from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { openEventStore } from '@trebol/event-store';
import { BusTransport, openBus } from '@trebol/messaging';
import { createPointsLedger, traceparentOf } from '@trebol/points';
import { redemptionModule } from './app.module.ts';
import { redemptionConfig } from './config.ts';
import { redemptionDatabase } from './database.ts';
import { LapseHolds } from './lapse-holds/lapse-holds.ts';
import { MergeWallets } from './merge-members/merge-wallets.ts';
import { SweepTransfers } from './transfer-points/sweep-transfers.ts';

/** Wallets kept in memory between commands: a till's hold is followed by its capture within the minute. */
const WALLET_CACHE_MAX = 20_000;

/** Redemption as a process of its own. */
await serveProcess('redemption', redemptionConfig, async ({ config, clock, metrics, crashing, opened, background }) => {
  const storeUrl = config.EVENT_STORE_URL ?? config.DATABASE_URL;
  const store = opened(await openEventStore({ url: storeUrl, clock }), (part) => part.close());
  const eventStore = observedStore(crashing.store(store), metrics, traceparentOf);
  const busUrl = config.BUS_URL ?? config.DATABASE_URL;
  const bus = observedBus(crashing.bus(opened(
    await openBus({ url: busUrl, clock, topics: Object.values(topics), clientId: 'redemption' }), (part) => part.close(),
  )), metrics);
  const dataSource = opened(await openDataSource({
    ...redemptionDatabase, url: config.DATABASE_URL, applicationName: 'trebol redemption', poolMax: config.TREBOL_POOL_MAX,
  }), (part) => part.destroy());
  const programme = programmeOf(config);
  const years = calendarYears(programme.zone);
  const ledger = tracedLedger(createPointsLedger({
    store: eventStore, clock, cacheMax: WALLET_CACHE_MAX, policyOf: walletPolicies(programme),
    periodAt: (_, now) => years.at(now),
  }));
  background.add('bus maintenance', bus.maintenance);
  return {
    dataSource, transport: new BusTransport(bus),
    module: redemptionModule({
      clock, ledger, dataSource, programme, identifierKey: config.TREBOL_IDENTIFIER_KEY,
    }),
    drive: async (app) => {
      const lapsed = await app.get(LapseHolds).runOnce();
      return lapsed + await app.get(SweepTransfers).runOnce() + await app.get(MergeWallets).runOnce();
    },
  };
});
