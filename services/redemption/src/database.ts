import { idempotencyMigration } from '@trebol/chassis';
import { HoldRow, KnownIdentifierRow, KnownMemberRow, RedemptionRow } from './entities.ts';
import { Holds1764000000000 } from './migrations/1764000000000-holds.ts';
import { Transfers1764000000003 } from './migrations/1764000000003-transfers.ts';
import { Cancellations1764000000004 } from './migrations/1764000000004-cancellations.ts';
import { Causes1764000000006 } from './migrations/1764000000006-causes.ts';
import { PointTypes1764000000007 } from './migrations/1764000000007-point-types.ts';
import { FirstAsks1764000000008 } from './migrations/1764000000008-first-asks.ts';
import { AdjustmentRow, CancellationRow, FirstAskRow, MergeRow, TransferRow } from './saga-entities.ts';

/** What `openDataSource` needs to open redemption's schema. */
export const redemptionDatabase = {
  schema: 'redemption',
  entities: [
    HoldRow, RedemptionRow, KnownMemberRow, KnownIdentifierRow, TransferRow, MergeRow, AdjustmentRow, CancellationRow, FirstAskRow,
  ],
  migrations: [
    Holds1764000000000, idempotencyMigration('redemption'), Transfers1764000000003, Cancellations1764000000004,
    Causes1764000000006, PointTypes1764000000007, FirstAsks1764000000008,
  ],
} as const;
