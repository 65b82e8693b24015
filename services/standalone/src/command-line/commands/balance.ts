import type { Command } from 'commander';
import type { TrebolClient } from '../client.ts';
import type { Reporter } from '../reporter.ts';
import type { SessionOf } from '../session.ts';
import { HELP, type Told } from '../texts.ts';

/** What the balance path answers. */
export interface BalanceAnswer {
  readonly available: number;
  readonly pending: number;
  readonly held: number;
  readonly debt: number;
  readonly expiring: readonly { readonly validThrough: string; readonly points: number }[];
  readonly revision: number;
  readonly asOf: string;
}

/** A line of the ledger as the entries path answers it. */
export interface EntryAnswer {
  readonly kind: string;
  /** The kind in the caller's language. */
  readonly reason: string;
  readonly points: number;
  readonly occurredAt: string;
  readonly source?: { readonly kind: string; readonly key: string };
  /** Sentences in the caller's language. */
  readonly explanation: readonly string[];
  readonly balance: { readonly available: number };
}

/** `trebol balance card:17850`: what a member has, and why. */
export function balanceCommand(root: Command, sessionOf: SessionOf, told: Told): void {
  root.command('balance').argument('<identifier>', told(HELP.identifier))
    .description(told(HELP.balance))
    .action(async (identifier: string, _options: unknown, command: Command) => {
      const { reporter, overHttp } = sessionOf(command);
      await overHttp(async (client) => {
        const memberId = await memberIdOf(client, identifier);
        const balance = await client.get<BalanceAnswer>(`/v1/members/${memberId}/balance`);
        const { entries } = await client.get<{
          entries: readonly EntryAnswer[],
        }>(`/v1/members/${memberId}/entries?limit=5`);
        reporter.document({ memberId, balance, entries });
        if (!reporter.json) printBalance(reporter, { memberId, balance, entries });
      });
    });
}

/** Member id of an identifier such as `card:17850`; a bare word is a card. Refused where no such member is known: a wallet of nobody reads 0. */
export async function memberIdOf(client: TrebolClient, identifier: string): Promise<string> {
  if (identifier.startsWith('mbr_')) {
    return (await client.get<{ memberId: string }>(`/v1/members/${encodeURIComponent(identifier)}`)).memberId;
  }
  const named = identifier.includes(':') ? identifier : `card:${identifier}`;
  const member = await client.get<{ memberId: string }>(`/v1/members?identifier=${encodeURIComponent(named)}`);
  return member.memberId;
}

/** A member's balance and entries for people. */
export function printBalance(
  reporter: Reporter, member: { memberId: string; balance: BalanceAnswer; entries: readonly EntryAnswer[] }
): void {
  const { balance } = member;
  const n = (value: number) => reporter.number(value);
  reporter.line(reporter.say(
    `  ${member.memberId}: ${n(balance.available)} puntos disponibles, ${n(balance.pending)} pendientes, `
      + `${n(balance.held)} retenidos, deuda ${n(balance.debt)} (revisión ${balance.revision})`,
    `  ${member.memberId}: ${n(balance.available)} points available, ${n(balance.pending)} pending, `
      + `${n(balance.held)} held, debt ${n(balance.debt)} (revision ${balance.revision})`,
  ));
  for (const entry of member.entries) reporter.line(`    ${entryLine(entry, reporter)}`);
}

function entryLine(entry: EntryAnswer, reporter: Reporter): string {
  const points = `${entry.points > 0 ? '+' : ''}${reporter.number(entry.points)}`.padStart(9);
  const why = entry.explanation.join('; ') || entry.source?.key || '';
  return `${entry.occurredAt.slice(0, 10)} ${points}  ${entry.reason} → ${reporter.number(entry.balance.available)}  ${why}`;
}
