import { idempotencyMigration } from '@trebol/chassis';
import { HoldRow, KnownIdentifierRow, KnownMemberRow, RedemptionRow } from './entities.ts';
import { Holds1764000000000 } from './migrations/1764000000000-holds.ts';

/** What `openDataSource` needs to open redemption's schema. */
export const redemptionDatabase = {
  schema: 'redemption',
  entities: [HoldRow, RedemptionRow, KnownMemberRow, KnownIdentifierRow],
  migrations: [Holds1764000000000, idempotencyMigration('redemption')],
} as const;
