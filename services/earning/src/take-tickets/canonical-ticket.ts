import { hash } from 'node:crypto';
import { type Ticket, type TicketLine, transactionKey } from '@trebol/contracts';
import type { Store } from '../store.ts';

/** A ticket made ready to be taken: checked, named, fingerprinted, without personal data. */
export interface CanonicalTicket {
  readonly ticket: Ticket;
  /** Transaction key. */
  readonly key: string;
  /** Transaction key of the sale that a return or void names. */
  readonly originalKey: string | undefined;
  /** Token of the identifier shown at the till; for `member` the member's id itself. */
  readonly token: string | undefined;
  /** Milliseconds. */
  readonly occurredAt: number;
  /** First 128 bits of SHA-256 over `body`: two tickets with the same key are the same ticket when these are equal. */
  readonly hash: Buffer;
  /** Compact JSON in a fixed order of fields, the identifier replaced by its token. */
  readonly body: Buffer;
}

/** Why a ticket cannot be taken at all; it leaves no trace but its count and, in an import, its row. */
export interface TicketFault {
  readonly pointer: string;
  readonly code: TicketFaultCode;
}

export type TicketFaultCode =
  | 'unknownStore' | 'currencyNotOfStore' | 'duplicateLineNumber' | 'totalTooLarge' | 'dayOutOfRange' | 'saleWithOriginal' | 'voidWithoutOriginal'
  | 'originalIsItself' | 'originalLineMissing';

/** Days outside these are a till without a clock; they also keep every later date calculation inside the calendar. */
const BUSINESS_DAY_FIRST = '1970-01-01';
const BUSINESS_DAY_LAST = '2199-12-31';
const HASH_BYTES = 16;
/**
 * Most a ticket may come to, in minor units: a thousand million. Above it a figure is a fault, and points would leave the exact
 * integers.
 */
export const TICKET_TOTAL_MAX = 100_000_000_000;

/** The stored shape of a ticket: what rating a return and telling analytics need later. `occurredAt` in milliseconds. */
export interface TicketBody extends Omit<Ticket, 'occurredAt' | 'identification'> {
  readonly occurredAt: number;
  readonly token?: string | undefined;
}

/**
 * Makes a ticket ready. Two spellings of one fact (offset of the time, order of fields, layout of a card number) get the same body
 * and hash.
 */
export function canonicalTicket(ticket: Ticket, token: string | undefined): CanonicalTicket {
  const occurredAt = Date.parse(ticket.occurredAt);
  const { type, storeId, workstationId, businessDay, sequence, operatorId, currency } = ticket;
  const original = ticket.original === undefined ? undefined : {
    storeId: ticket.original.storeId, workstationId: ticket.original.workstationId,
    businessDay: ticket.original.businessDay, sequence: ticket.original.sequence,
  };
  const shape: TicketBody = {
    type, storeId, workstationId, businessDay, sequence, occurredAt, operatorId, currency, token,
    lines: ticket.lines.map(lineInOrder), tenders: ticket.tenders?.map(tenderInOrder), original,
  };
  const body = Buffer.from(JSON.stringify(shape));
  return {
    ticket, key: transactionKey(ticket), originalKey: original && transactionKey(original), token, occurredAt,
    hash: hash('sha256', body, 'buffer').subarray(0, HASH_BYTES), body,
  };
}

const lineInOrder = (line: TicketLine): TicketLine => ({
  line: line.line, sku: line.sku, description: line.description, category: line.category, quantity: line.quantity,
  unitPrice: line.unitPrice,
  amount: line.amount, discount: line.discount, tax: line.tax, promotion: line.promotion, originalLine: line.originalLine,
});

type AnyTender = NonNullable<Ticket['tenders']>[number];

const tenderInOrder = (tender: AnyTender): AnyTender => tender.kind === 'points'
  ? { kind: tender.kind, amount: tender.amount, points: tender.points, redemptionId: tender.redemptionId }
  : { kind: tender.kind, amount: tender.amount };

/** What the schema of a ticket cannot say. */
export function faultOf(ticket: Ticket, store: Store | undefined): TicketFault | undefined {
  if (!store) return { pointer: '/storeId', code: 'unknownStore' };
  if (ticket.currency !== store.currency) return { pointer: '/currency', code: 'currencyNotOfStore' };
  if (
    ticket.businessDay < BUSINESS_DAY_FIRST || ticket.businessDay > BUSINESS_DAY_LAST
  ) return { pointer: '/businessDay', code: 'dayOutOfRange' };
  return faultOfLines(ticket) ?? faultOfOriginal(ticket);
}

function faultOfLines(ticket: Ticket): TicketFault | undefined {
  const numbers = new Set<number>();
  let total = 0;
  for (const [index, line] of ticket.lines.entries()) {
    if (numbers.has(line.line)) return { pointer: `/lines/${index}/line`, code: 'duplicateLineNumber' };
    numbers.add(line.line);
    total += line.amount;
    if (total > TICKET_TOTAL_MAX) return { pointer: `/lines/${index}/amount`, code: 'totalTooLarge' };
  }
  return undefined;
}

function faultOfOriginal(ticket: Ticket): TicketFault | undefined {
  const { type, original } = ticket;
  switch (type) {
    case 'sale':
      return original ? { pointer: '/original', code: 'saleWithOriginal' } : undefined;
    case 'void':
      if (!original) return { pointer: '/original', code: 'voidWithoutOriginal' };
      return transactionKey(original) === transactionKey(ticket) ? { pointer: '/original', code: 'originalIsItself' } : undefined;
    case 'return': {
      if (!original) return undefined;
      if (transactionKey(original) === transactionKey(ticket)) return { pointer: '/original', code: 'originalIsItself' };
      const unnamed = ticket.lines.findIndex((line) => line.originalLine === undefined);
      return unnamed < 0 ? undefined : { pointer: `/lines/${unnamed}/originalLine`, code: 'originalLineMissing' };
    }
    default: {
      const never: never = type;
      throw new Error(`unknown ticket type ${String(never)}`);
    }
  }
}
