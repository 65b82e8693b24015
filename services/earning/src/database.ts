import { EarningTables1764000000000 } from './migrations/earning-tables.ts';
import { ReasonsAndMessages1764000000001 } from './migrations/reasons-and-messages.ts';
import { StoresInUse1764000000005 } from './migrations/stores-in-use.ts';
import { Traces1764000000006 } from './migrations/traces.ts';

/** What `openDataSource` needs to open earning's schema. The service writes its SQL itself, so there are no entities. */
export const earningDatabase = {
  schema: 'earning', entities: [],
  migrations: [EarningTables1764000000000, ReasonsAndMessages1764000000001, StoresInUse1764000000005, Traces1764000000006],
} as const;
