import { createHash } from 'node:crypto';
import { balanceAt, type WalletId, type Wallet } from '@trebol/points';
import { lifetime } from '../balance-values.ts';
import type { ProgrammeTotals } from './report.ts';

/** What a member is called in the hash: ids are random in each installation, a card number is not. */
export type MemberLabel = (wallet: WalletId) => string;

/** The figures of a wallet's line, in this order; a change of it changes every hash. */
const FIGURES = ['available', 'pending', 'held', 'debt', 'feeDue', 'spent', 'expired'] as const;
type Figure = (typeof FIGURES)[number];
const NOTHING: Readonly<Record<Figure, number>> = { available: 0, pending: 0, held: 0, debt: 0, feeDue: 0, spent: 0, expired: 0 };

/**
 * Adds up wallets and hashes them: one line for each wallet, sorted, SHA-256 over them. A line holds what the wallet is worth
 * at `asOf` and nothing that depends on the
 * order of arrival, on revisions, on whether lapsed points were booked already or on random ids. Keeps about 100 bytes per
 * wallet.
 */
export class BalancesHash {
  private readonly lines: string[] = [];
  private readonly sums = new Map<string, ProgrammeTotals>();

  constructor(private readonly asOf: number, private readonly label: MemberLabel) {}

  add(wallet: WalletId, state: Wallet): void {
    const balance = balanceAt(state, this.asOf);
    const figures = { ...balance, ...lifetime(state, balance) };
    const { tenant, programme, pointType } = wallet;
    this.lines.push([tenant, programme, pointType, this.label(wallet), ...FIGURES.map((name) => figures[name])].join('\t'));
    const key = `${tenant}\t${programme}\t${pointType}`;
    const sum = this.sums.get(key) ?? { tenant, programme, pointType, wallets: 0, ...NOTHING };
    const added = Object.fromEntries(FIGURES.map((name) => [name, sum[name] + figures[name]])) as Record<Figure, number>;
    this.sums.set(key, { ...sum, ...added, wallets: sum.wallets + 1 });
  }

  totals(): ProgrammeTotals[] {
    return [...this.sums].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, sum]) => sum);
  }

  /** Lower-case hexadecimal; the same wallets give the same text, whatever order they were added in. */
  digest(): string {
    const hash = createHash('sha256');
    for (const line of this.lines.toSorted()) hash.update(line).update('\n');
    return hash.digest('hex');
  }
}
