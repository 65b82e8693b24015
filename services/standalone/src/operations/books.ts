import { externalIdsOf } from '@trebol/enrollment';
import type { ChainHead } from '@trebol/event-store';
import type { LedgerServices } from '@trebol/ledger';
import { pointsUnderWay } from '@trebol/redemption';
import type { DataSource } from 'typeorm';
import type { VerifyReport } from '../platform/platform.ts';

/** The tenant of a platform that serves one company. */
export const TENANT = 'main';

type Progress = (events: number, total: number) => void;

/** How the books are proved. */
export interface VerifyHow {
  /** Heads of the log's hash chains noted earlier, outside the database. */
  readonly noted?: readonly ChainHead[] | undefined;
  readonly onProgress?: Progress | undefined;
}

/** Where the chain's own ids of members are, and what is under way between wallets. */
export interface VerifyDatabases { readonly enrollment: DataSource; readonly redemption: DataSource }

/**
 * Recomputes all balances. Members are named by the chain's own ids in the hash, so that it is the same
 * wherever the same tickets were processed.
 */
export async function verifyBooks(
  { verify }: Pick<LedgerServices, 'verify'>, databases: VerifyDatabases, { noted = [], onProgress }: VerifyHow = {},
): Promise<VerifyReport> {
  const [there]: { there: boolean }[] = await databases.enrollment.query(
    "SELECT to_regclass('enrollment.member') IS NOT NULL AS there"
  );
  const labels = there?.there ? await externalIdsOf(databases.enrollment, TENANT) : new Map<string, string>();
  const report = await verify.run({
    label: ({ member }) => labels.get(member) ?? member,
    underWay: () => pointsUnderWay(databases.redemption),
    noted, onProgress: ({ events }) => onProgress?.(events, events),
  });
  return {
    wallets: report.wallets, events: report.events, balancesHash: report.balancesHash, chainHeads: report.chainHeads,
    inTransit: report.inTransit,
    differences: report.difference ? [report.difference.message] : [],
  };
}

/** Derives the read models once more beside the live ones and swaps them in. */
export async function rebuildBooks(
  { rebuild }: Pick<LedgerServices, 'rebuild'>, onProgress: Progress = () => undefined
): Promise<{ readonly events: number }> {
  const { events } = await rebuild.run({
    onProgress: (progress) => onProgress(progress.events, progress.eventsTotal ?? progress.events),
  });
  return { events };
}
