import { externalIdsOf } from '@trebol/enrollment';
import type { PostgresLog } from '@trebol/event-store';
import type { LedgerServices } from '@trebol/ledger';
import type { DataSource } from 'typeorm';
import type { VerifyReport } from '../platform/platform.ts';

/** The tenant of a platform that serves one company. */
export const TENANT = 'main';

type Progress = (events: number, total: number) => void;

/**
 * Recomputes all balances. Members are named by the chain's own ids in the hash, so that it is the same
 * wherever the same tickets were processed.
 */
export async function verifyBooks(
  { verify }: Pick<LedgerServices, 'verify'>, enrollment: DataSource, onProgress: Progress = () => undefined,
): Promise<VerifyReport> {
  const [there]: { there: boolean }[] = await enrollment.query(
    "SELECT to_regclass('enrollment.member') IS NOT NULL AS there"
  );
  const labels = there?.there ? await externalIdsOf(enrollment, TENANT) : new Map<string, string>();
  const report = await verify.run({
    label: ({ member }) => labels.get(member) ?? member,
    onProgress: ({ events }) => onProgress(events, events),
  });
  return {
    wallets: report.wallets, events: report.events, balancesHash: report.balancesHash,
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

/** The first thing wrong with the log itself, or undefined; only a log in PostgreSQL can be asked. */
export async function firstFault(log: PostgresLog | undefined): Promise<string | undefined> {
  if (log === undefined) return undefined;
  const [fault] = [...await log.checkLog({ differencesMax: 1 }), ...await log.checkChain()];
  return fault === undefined ? undefined : JSON.stringify(fault);
}
