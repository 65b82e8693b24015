import type { Explanation } from '@trebol/contracts';
import type { BasketLine, Rating, Receipt } from '../decision.ts';
import type { RuleBook } from '../rule-set.ts';
import type { CanonicalTicket } from './canonical-ticket.ts';
import type { LastActive } from './member-activity.ts';
import type { Decided } from './ticket-table.ts';

/** What is known when a ticket is decided. `members` by token. */
export interface DecideContext {
  readonly receipt: Receipt;
  readonly members: ReadonlyMap<string, string>;
  readonly book: RuleBook;
  readonly rating: Rating;
  readonly lastActive: LastActive;
}

/** First decision on a ticket. Returns and voids wait until their original is looked at; too old beats everything, because it stays so. */
export function decideTicket(canonical: CanonicalTicket, context: DecideContext): Decided {
  const { ticket, token, occurredAt } = canonical;
  if (ticket.type !== 'sale') return { decision: 'awaitingOriginal', points: 0 };
  const { rating, receipt, book } = context;
  const rules = book.inForceAt(occurredAt);
  const memberId = token === undefined ? undefined : context.members.get(token);
  if (rating.isTooOld(ticket.businessDay, receipt, rules)) {
    const why: Explanation = [{ kind: 'notGiven', reason: 'tooOld', day: ticket.businessDay, days: rules.programme.latenessDays }];
    return { decision: 'tooOld', memberId, points: 0, explanation: JSON.stringify(why) };
  }
  if (memberId === undefined) return { decision: 'noMember', points: 0 };
  return rateForMember({ key: canonical.key, occurredAt, ...ticketFacts(ticket) }, memberId, context);
}

interface SaleParts {
  readonly key: string; readonly occurredAt: number; readonly businessDay: string; readonly currency: string;
  readonly lines: readonly BasketLine[]; readonly tenders: CanonicalTicket['ticket']['tenders'];
}

/** The award of a sale whose member is known, under the version in force when it happened, ready to be written. */
export function rateForMember(sale: SaleParts, memberId: string, context: Omit<DecideContext, 'members'>): Decided {
  const rules = context.book.inForceAt(sale.occurredAt);
  const award = context.rating.rateSale(sale, {
    rules, recordedAt: context.receipt.recordedAt, lastActiveDay: context.lastActive.get(memberId),
  });
  return {
    decision: 'rated', memberId, ruleVersion: rules.version, points: award.points,
    lots: JSON.stringify(award.lots), explanation: JSON.stringify(award.explanation),
    ...(award.extensions === undefined ? {} : { extension: JSON.stringify(award.extensions) }),
  };
}

const ticketFacts = (ticket: CanonicalTicket['ticket']): Omit<SaleParts, 'key' | 'occurredAt'> => ({
  businessDay: ticket.businessDay, currency: ticket.currency, lines: ticket.lines, tenders: ticket.tenders,
});
