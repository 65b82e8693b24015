import {
  calendarYears, observedBus, observedStore, openDataSource, programmeOf, serveProcess, tracedLedger,
  walletPolicies,
} from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { openEventStore } from '@trebol/event-store';
import { openBus } from '@trebol/messaging';
import { createPointsLedger, traceparentOf } from '@trebol/points';
import { LEDGER, ledgerModule } from './app.module.ts';
import { ledgerConfig } from './config.ts';
import { ledgerEntities, ledgerMigrations } from './index.ts';
import type { LedgerServices } from './ledger-services.ts';

/** Wallets kept in memory between bookings: each is booked when its day comes, seldom twice. */
const WALLET_CACHE_MAX = 5_000;

/** The ledger as a process of its own. It publishes and consumes nothing. */
await serveProcess('ledger', ledgerConfig, async ({ config, clock, metrics, health, crashing, opened, background }) => {
  const storeUrl = config.EVENT_STORE_URL ?? config.DATABASE_URL;
  const store = opened(await openEventStore({ url: storeUrl, clock }), (part) => part.close());
  const eventStore = observedStore(crashing.store(store), metrics, traceparentOf);
  const busUrl = config.BUS_URL ?? config.DATABASE_URL;
  const bus = observedBus(crashing.bus(opened(
    await openBus({ url: busUrl, clock, topics: Object.values(topics), clientId: 'ledger' }), (part) => part.close(),
  )), metrics);
  const dataSource = opened(await openDataSource({
    schema: 'ledger', entities: ledgerEntities, migrations: ledgerMigrations,
    url: config.DATABASE_URL, applicationName: 'trebol ledger', poolMax: config.TREBOL_POOL_MAX,
  }), (part) => part.destroy());
  const programme = programmeOf(config);
  const years = calendarYears(programme.zone);
  const books = createPointsLedger({
    store: eventStore, clock, cacheMax: WALLET_CACHE_MAX, policyOf: walletPolicies(programme),
    periodAt: (_, now) => years.at(now),
  });
  background.add('bus maintenance', bus.maintenance);
  return {
    dataSource,
    module: ledgerModule({
      clock, bus, eventStore, ledger: tracedLedger(books), books, dataSource, health, metrics,
      programme,
    }),
    drive: async (app) => {
      const { bookDue, closeBooks, projector, publisher } = app.get<LedgerServices>(LEDGER);
      const { wallets } = await bookDue.runUntilCaughtUp(clock.now());
      const closed = await closeBooks?.runUntilCaughtUp(clock.now());
      await projector.catchUp();
      await publisher.catchUp();
      return wallets + (closed?.closed ?? 0);
    },
  };
});
