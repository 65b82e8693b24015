import { thousandthsOf } from '@trebol/contracts';
import { binaryArray } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import type { AwardedLot, CorrectionDecision, CorrectionFacts, Rating } from '../decision.ts';
import type { RuleBook, RuleBooks } from '../rule-set.ts';
import { rowsOf } from '../transaction.ts';
import { type BatchHeader, type Decided, type Decision, bodyOf, updateDecisions } from './ticket-table.ts';

interface OriginalRow {
  transaction_key: string; type: string; decision: Decision; member_id: string | null; rule_version: number | null;
  lots: string | null; body: Buffer;
}

interface CorrectionRow {
  transaction_key: string; original_key: string; type: 'return' | 'void'; decision: Decision; occurred_at: Date; body: Buffer;
}

interface Settled { readonly key: string; readonly decided: Decided }

const WAITING: ReadonlySet<Decision> = new Set<Decision>(['awaitingOriginal', 'noMember']);

/**
 * Decides the returns and voids that wait for these originals, as far as the originals are here, and moves them to the batch. The
 * rows of the originals are locked in order of key, so two transactions never count the same return's quantities twice. A return
 * follows its sale: without member while the sale has none, too old when the sale is, and rejected when the original is no sale.
 */
export async function settleReturns(
  client: ClientBase, header: BatchHeader, deps: {
    readonly originalKeys: readonly string[]; readonly rating: Rating; readonly ruleBooks: RuleBooks;
  },
): Promise<readonly Settled[]> {
  if (deps.originalKeys.length === 0) return [];
  const { tenant } = header;
  const originals = await rowsOf<OriginalRow>(client, `
    SELECT transaction_key, type, decision, member_id, rule_version, lots, body FROM earning.ticket
    WHERE tenant = $1 AND transaction_key = ANY($2::text[]) ORDER BY transaction_key FOR NO KEY UPDATE`,
  [tenant, binaryArray('text', [...new Set(deps.originalKeys)])]);
  if (originals.length === 0) return [];
  const corrections = await rowsOf<CorrectionRow>(client, `
    SELECT transaction_key, original_key, type, decision, occurred_at, body FROM earning.ticket
    WHERE tenant = $1 AND original_key = ANY($2::text[]) AND decision IN ('awaitingOriginal', 'noMember', 'rated')`,
  [tenant, binaryArray('text', originals.map((row) => row.transaction_key))]);
  const byOriginal = Map.groupBy(corrections, (row) => row.original_key);
  const book = await deps.ruleBooks.bookOf(tenant, client);
  const settled = originals.flatMap((original) =>
    settle(original, byOriginal.get(original.transaction_key) ?? [], { book, rating: deps.rating }));
  await updateDecisions(client, header, settled);
  return settled;
}

function settle(
  original: OriginalRow, corrections: readonly CorrectionRow[], rules: { book: RuleBook; rating: Rating },
): readonly Settled[] {
  const waiting = corrections.filter((row) => WAITING.has(row.decision));
  if (waiting.length === 0) return [];
  const all = (decided: Decided): readonly Settled[] => waiting
    .filter((row) => row.decision !== decided.decision)
    .map((row) => ({ key: row.transaction_key, decided }));
  if (original.type !== 'sale') return all({ decision: 'rejected', reason: 'originalNotASale', pointer: '/original', points: 0 });
  switch (original.decision) {
    case 'noMember':
      return all({ decision: 'noMember', points: 0 });
    case 'tooOld':
      return all({ decision: 'tooOld', memberId: original.member_id ?? undefined, points: 0 });
    case 'rated':
      return decideAll(original, { waiting, settled: corrections.filter((row) => row.decision === 'rated') }, rules);
    case 'awaitingOriginal':
    case 'rejected':
      return []; // a sale is never either
    default: {
      const never: never = original.decision;
      throw new Error(`unknown decision ${String(never)}`);
    }
  }
}

function decideAll(
  original: OriginalRow, corrections: {
    waiting: readonly CorrectionRow[]; settled: readonly CorrectionRow[];
  }, { book, rating }: { book: RuleBook; rating: Rating },
): readonly Settled[] {
  const body = bodyOf(original.body);
  const rules = book.version(original.rule_version ?? 0);
  const lots = JSON.parse(original.lots ?? '[]') as AwardedLot[];
  const lines = body.lines.map(({ line, amount, quantity }) => ({ line, amount, quantity: thousandthsOf(quantity) }));
  const sale = { currency: body.currency, lines, tenders: body.tenders, rules, lots };
  const decisions = rating.rateCorrections(sale, corrections.settled.map(factsOf), corrections.waiting.map(factsOf));
  return decisions.map((decision) => ({ key: decision.key, decided: decidedOf(decision, original, rules.version) }));
}

function decidedOf(decision: CorrectionDecision, original: OriginalRow, ruleVersion: number): Decided {
  const memberId = original.member_id ?? undefined;
  if (decision.status === 'rejected') {
    return { decision: 'rejected', reason: decision.reason, pointer: decision.pointer, memberId, points: 0 };
  }
  return {
    decision: 'rated', memberId, ruleVersion, points: decision.points, lots: JSON.stringify(decision.lots),
    explanation: JSON.stringify(decision.explanation),
  };
}

function factsOf(row: CorrectionRow): CorrectionFacts {
  const { currency, lines: written } = bodyOf(row.body);
  const lines = written.map(({ originalLine, quantity }) => ({ originalLine, quantity: thousandthsOf(quantity) }));
  return { key: row.transaction_key, type: row.type, currency, occurredAt: row.occurred_at.getTime(), lines };
}
