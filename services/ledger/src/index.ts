import { BalanceRow } from './balance.entity.ts';
import { EntryRow } from './entry.entity.ts';
import { ReadModels1764000000000 } from './migrations/1764000000000-read-models.ts';
import { BooksClosing1764100000000 } from './migrations/1764100000000-books-closing.ts';
import { LastVerify1764200000000 } from './migrations/1764200000000-last-verify.ts';
import { InTransit1764300000000 } from './migrations/1764300000000-in-transit.ts';

/** For `openDataSource({ schema: 'ledger', entities: ledgerEntities, migrations: ledgerMigrations })`. */
export const ledgerEntities = [BalanceRow, EntryRow] as const;
export const ledgerMigrations = [ReadModels1764000000000, BooksClosing1764100000000, LastVerify1764200000000, InTransit1764300000000] as const;

export { LEDGER, ledgerModule } from './app.module.ts';
export type { BookDue, Booked } from './book-due/book-due.ts';
export type { CloseBooks, ClosedBooks } from './close-books/close-books.ts';
export { CannotApply, type FollowStatus, LogFollower } from './follow-log.ts';
export { type LedgerParts, type LedgerServices, ledgerServices } from './ledger-services.ts';
export type { Rebuild, RebuildOptions, RebuildProgress } from './rebuild/rebuild.ts';
export type { BalanceAnswer, LotAnswer, LotsAnswer, ShowBalance } from './show-balance/show-balance.ts';
export type { EntriesAnswer, EntriesQuery, EntryAnswer, ShowEntries } from './show-balance/show-entries.ts';
export type { MemberLabel } from './verify/balances-hash.ts';
export type { UnderWay } from './verify/in-transit.ts';
export type { Difference, InTransit, ProgrammeTotals, VerifyProgress, VerifyReport } from './verify/report.ts';
export type { Verify, VerifyOptions } from './verify/verify.ts';
