import type { DynamicModule } from '@nestjs/common';
import { type ApiKeys, calendarYears, type Health, keysModule, testClockModule, tracedLedger, walletPolicies } from '@trebol/chassis';
import { earningModule } from '@trebol/earning';
import { enrollmentModule } from '@trebol/enrollment';
import { ledgerModule } from '@trebol/ledger';
import { createPointsLedger } from '@trebol/points';
import { redemptionModule } from '@trebol/redemption';
import { segmentationModule } from '@trebol/segmentation';
import type { Stores } from './open-stores.ts';

/** Wallets kept in memory between commands: some 20 MB when full. */
const WALLET_CACHE_MAX = 50_000;

/** Facts share the process with everything else: what does not fit spills to the data folder. */
const DUCKDB = { memoryLimit: '128MB', threads: 2 } as const;

class Standalone {}

/** What the services share of the public surface. */
interface Surface { readonly health: Health; readonly keys: ApiKeys; readonly settle: () => Promise<boolean> }

/** The table of contents of the platform in one process: the services, each given what it needs. */
export function composition(stores: Stores, { health, keys, settle }: Surface): DynamicModule {
  const { clock, ids, bus, eventStore, databases, identifierKey, programme, folder, sandbox, metrics } = stores;
  const years = calendarYears(programme.zone);
  const books = createPointsLedger({
    store: eventStore, clock, cacheMax: WALLET_CACHE_MAX, policyOf: walletPolicies(programme),
    periodAt: (_, now) => years.at(now),
  });
  const ledger = tracedLedger(stores.fused(books));
  return {
    module: Standalone,
    imports: [
      enrollmentModule({ clock, ids, bus, identifierKey, dataSource: databases.enrollment }),
      earningModule({
        clock, ids, bus, ledger, identifierKey, programme, dataSource: databases.earning, dataFolder: folder.files, metrics,
      }),
      redemptionModule({ clock, ledger, identifierKey, programme, dataSource: databases.redemption }),
      ledgerModule({
        clock, bus, eventStore, ledger, books, programme, dataSource: databases.ledger,
        health, metrics,
      }),
      segmentationModule({
        clock, dataSource: databases.segmentation, dataFolder: folder.analytics, duckdb: DUCKDB,
      }),
      keysModule(keys),
      ...(sandbox ? [testClockModule({ clock: sandbox, settle })] : []),
    ],
  };
}
