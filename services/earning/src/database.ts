import { EarningTables1764000000000 } from './migrations/earning-tables.ts';

/** What `openDataSource` needs to open earning's schema. The service writes its SQL itself, so there are no entities. */
export const earningDatabase = { schema: 'earning', entities: [], migrations: [EarningTables1764000000000] } as const;
