import type { TransactionKeyParts } from '@trebol/contracts';
import { binaryArray } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import { rowsOf } from '../transaction.ts';

/** High-water marks kept: a store with ten workstations needs ten a day; a forgotten one costs one index probe to learn again. */
const MARKS_KEPT_MAX = 50_000;
/** Sequences beyond this many digits are not numbers to us; their keys are always looked up. */
const SEQUENCE_DIGITS_MAX = 15;
const DIGITS = /^[0-9]+$/;

/** All keys of one store, workstation and business day begin so. */
const prefixOf = (parts: TransactionKeyParts): string => `${parts.storeId}~${parts.workstationId}~${parts.businessDay}~`;

/**
 * A numeric sequence, or undefined for `C536379` and the like. Leading zeros make another key of the same number, so they do not
 * count as numeric.
 */
function numberOf(sequence: string): number | undefined {
  if (
    sequence.length > SEQUENCE_DIGITS_MAX || !DIGITS.test(sequence) || (sequence.startsWith('0') && sequence.length > 1)
  ) return undefined;
  return Number(sequence);
}

/**
 * Tells tickets that are surely new from those that must be looked up (`ledger.md` §5.4): the highest numeric sequence seen of each
 * store, workstation and business day, learnt from the table when first asked for. Other processes write too, so "surely" means "as
 * far as this process knows"; the primary key has the last word, and after it has spoken `forget` makes the next attempt look
 * everything up.
 */
export class KnownKeys {
  private readonly marks = new Map<string, number>();

  /** Those of the parts whose keys may already be in the table, in the order given. */
  async toLookUp<Ticket extends TransactionKeyParts>(
    tenant: string, tickets: readonly Ticket[], client: ClientBase,
  ): Promise<readonly Ticket[]> {
    const unknown = new Set<string>();
    for (const ticket of tickets) {
      const prefix = prefixOf(ticket);
      if (numberOf(ticket.sequence) !== undefined && !this.marks.has(`${tenant}\n${prefix}`)) unknown.add(prefix);
    }
    const learnt = await this.learn(tenant, [...unknown], client);
    return tickets.filter((ticket) => {
      const number = numberOf(ticket.sequence);
      if (number === undefined) return true;
      const prefix = prefixOf(ticket);
      return number <= (learnt.get(prefix) ?? this.marks.get(`${tenant}\n${prefix}`) ?? Number.POSITIVE_INFINITY);
    });
  }

  /** After a commit: these keys are in the table. */
  raise(tenant: string, tickets: readonly TransactionKeyParts[]): void {
    for (const ticket of tickets) {
      const number = numberOf(ticket.sequence);
      if (number === undefined) continue;
      const mark = `${tenant}\n${prefixOf(ticket)}`;
      const before = this.marks.get(mark);
      if (before !== undefined && number > before) this.marks.set(mark, number);
    }
  }

  /** Somebody else wrote below our marks: learn these again. */
  forget(tenant: string, tickets: readonly TransactionKeyParts[]): void {
    for (const ticket of tickets) this.marks.delete(`${tenant}\n${prefixOf(ticket)}`);
  }

  private async learn(tenant: string, prefixes: readonly string[], client: ClientBase): Promise<ReadonlyMap<string, number>> {
    const learnt = new Map<string, number>();
    if (prefixes.length === 0) return learnt;
    // '~' sorts after every character a sequence may have, so [prefix, prefix~) is the range of the prefix.
    const rows = await rowsOf<{ prefix: string; mark: string | null }>(client, `
      SELECT p.prefix, (
        SELECT max(substr(t.transaction_key, length(p.prefix) + 1)::int8) FROM earning.ticket t
        WHERE t.tenant = $1 AND t.transaction_key >= p.prefix AND t.transaction_key < p.prefix || '~'
          AND substr(t.transaction_key, length(p.prefix) + 1) ~ '^(0|[1-9][0-9]{0,${SEQUENCE_DIGITS_MAX - 1}})$') AS mark
      FROM unnest($2::text[]) AS p(prefix)`, [tenant, binaryArray('text', prefixes)]);
    for (const row of rows) {
      const mark = row.mark === null ? -1 : Number(row.mark);
      learnt.set(row.prefix, mark);
      this.marks.set(`${tenant}\n${row.prefix}`, mark);
    }
    for (const oldest of this.marks.keys()) {
      if (this.marks.size <= MARKS_KEPT_MAX) break;
      this.marks.delete(oldest);
    }
    return learnt;
  }
}
