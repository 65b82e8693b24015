import { hash } from 'node:crypto';
import {
  currencyExponent, plainQuantity, type Ticket, type TicketLine, transactionKey, unitPriceText,
} from '@trebol/contracts';
import type { StoreTerms } from '../store.ts';
import type { TicketFault } from '../taking.ts';
import type { BodyLine, TicketBody } from '../ticket-body.ts';

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

/** A till that says so has no clock; it also keeps every later calculation with dates inside the calendar. */
const OCCURRED_AT_FIRST = Date.parse('1990-01-01T00:00:00Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Hours a till's clock may be ahead: a wrong zone or a day not yet turned back. What is further ahead would earn under rules to come. */
const CLOCK_AHEAD_HOURS_MAX = 24;
/**
 * Days, counted in UTC, between the business day and the time of a ticket: a till that is not closed over a long weekend books Tuesday's
 * first tickets on Friday. More is a wrong date, and would move a lot's last day.
 */
const BUSINESS_DAY_APART_DAYS_MAX = 3;
/** Faults of one ticket that are told: enough to mend it in one round, and a list somebody reads. */
export const TICKET_FAULTS_MAX = 8;
const HASH_BYTES = 16;
/** Most a ticket may come to, in whole units of its currency. Above it a figure is a fault, and points would leave the exact integers. */
const TICKET_TOTAL_UNITS_MAX = 1_000_000_000;

/**
 * Makes a ticket ready. Two spellings of one fact (offset of the time, order of fields, layout of a card number, "1.50" kilos) get the same body
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
    lines: ticket.lines.map((line) => lineInOrder(line, currency)), tenders: ticket.tenders?.map(tenderInOrder), original,
  };
  const body = Buffer.from(JSON.stringify(shape));
  return {
    ticket, key: transactionKey(ticket), originalKey: original && transactionKey(original), token, occurredAt,
    hash: hash('sha256', body, 'buffer').subarray(0, HASH_BYTES), body,
  };
}

const lineInOrder = (line: TicketLine, currency: string): BodyLine => ({
  line: line.line, sku: line.sku, description: line.description, category: line.category, quantity: plainQuantity(line.quantity),
  unitPrice: line.unitPrice === undefined ? undefined : unitPriceText(line.unitPrice, currency),
  amount: line.amount, discount: line.discount, tax: line.tax, promotion: line.promotion, originalLine: line.originalLine,
});

type AnyTender = NonNullable<Ticket['tenders']>[number];

const tenderInOrder = (tender: AnyTender): AnyTender => tender.kind === 'points'
  ? { kind: tender.kind, amount: tender.amount, points: tender.points, redemptionId: tender.redemptionId }
  : { kind: tender.kind, amount: tender.amount };

/** What the schema of a ticket cannot say: everything that is wrong, 8 faults at most, none for a good one. `now` in milliseconds. */
export function faultsOf(canonical: CanonicalTicket, store: StoreTerms | undefined, now: number): readonly TicketFault[] {
  const { ticket } = canonical;
  const faults: TicketFault[] = [];
  if (!store) faults.push({ pointer: '/storeId', code: 'unknownStore' });
  else if (ticket.currency !== store.currency) faults.push({ pointer: '/currency', code: 'currencyNotOfStore' });
  const ofTime = faultOfTime(canonical, now);
  if (ofTime) faults.push(ofTime);
  addFaultsOfLines(faults, ticket);
  addFaultsOfOriginal(faults, ticket);
  return faults.length > TICKET_FAULTS_MAX ? faults.slice(0, TICKET_FAULTS_MAX) : faults;
}

/** One fault at most: a clock that is wrong makes the day look wrong too. */
function faultOfTime({ ticket, occurredAt }: CanonicalTicket, now: number): TicketFault | undefined {
  if (occurredAt < OCCURRED_AT_FIRST) return { pointer: '/occurredAt', code: 'occurredTooEarly' };
  if (occurredAt > now + CLOCK_AHEAD_HOURS_MAX * HOUR_MS) return { pointer: '/occurredAt', code: 'occurredInTheFuture' };
  const apart = Math.abs(Math.floor(occurredAt / DAY_MS) - Date.parse(ticket.businessDay) / DAY_MS);
  return apart > BUSINESS_DAY_APART_DAYS_MAX ? { pointer: '/businessDay', code: 'dayFarFromTime' } : undefined;
}

function addFaultsOfLines(faults: TicketFault[], ticket: Ticket): void {
  const numbers = new Set<number>();
  const totalMax = TICKET_TOTAL_UNITS_MAX * 10 ** currencyExponent(ticket.currency);
  let total = 0;
  for (const [index, line] of ticket.lines.entries()) {
    if (numbers.has(line.line)) faults.push({ pointer: `/lines/${index}/line`, code: 'duplicateLineNumber' });
    numbers.add(line.line);
    const before = total;
    total += line.amount;
    if (total > totalMax && before <= totalMax) faults.push({ pointer: `/lines/${index}/amount`, code: 'totalTooLarge' });
  }
}

function addFaultsOfOriginal(faults: TicketFault[], ticket: Ticket): void {
  const { type, original } = ticket;
  const itself = original !== undefined && transactionKey(original) === transactionKey(ticket);
  switch (type) {
    case 'sale':
      if (original) faults.push({ pointer: '/original', code: 'saleWithOriginal' });
      return;
    case 'void':
      if (!original) faults.push({ pointer: '/original', code: 'voidWithoutOriginal' });
      if (itself) faults.push({ pointer: '/original', code: 'originalIsItself' });
      return;
    case 'return':
      if (!original) return;
      if (itself) faults.push({ pointer: '/original', code: 'originalIsItself' });
      for (const [index, line] of ticket.lines.entries()) {
        if (line.originalLine === undefined) faults.push({ pointer: `/lines/${index}/originalLine`, code: 'originalLineMissing' });
      }
      return;
    default: {
      const never: never = type;
      throw new Error(`unknown ticket type ${String(never)}`);
    }
  }
}
