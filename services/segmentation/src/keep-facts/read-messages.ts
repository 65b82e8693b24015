import { memberChanged, ticketRated, type MemberChanged, type TicketRated } from '@trebol/contracts';
import { decodeMessages, type MessageBatch, type MessageFailure } from '@trebol/messaging';
import type { MemberFact, TicketFact } from '../facts.ts';

/** What a batch says, and its messages that cannot be read. */
export interface ReadBatch<Fact> {
  readonly facts: readonly Fact[];
  readonly failures: readonly MessageFailure[];
}

/** The day finds a ticket among millions, so it must be the day of the key. */
const ratedWithDayOfKey = ticketRated.refine((rated) => rated.transactionKey.split('~')[2] === rated.businessDay,
  { path: ['transactionKey'], message: 'does not carry the business day' });

/** Rated tickets of a batch as facts. */
export function readTickets(batch: MessageBatch): ReadBatch<TicketFact> {
  const { decoded, failures } = decodeMessages(batch, ratedWithDayOfKey);
  return { facts: decoded.map(({ message, value }) => ticketFact(message.tenant, value)), failures };
}

/** Members' current states of a batch as facts. */
export function readMembers(batch: MessageBatch): ReadBatch<MemberFact> {
  const { decoded, failures } = decodeMessages(batch, memberChanged);
  return { facts: decoded.map(({ message, value }) => memberFact(message.tenant, value)), failures };
}

function ticketFact(tenant: string, rated: TicketRated): TicketFact {
  return {
    tenant,
    transactionKey: rated.transactionKey,
    version: rated.version,
    type: rated.type,
    status: rated.status,
    memberId: rated.memberId,
    storeId: rated.storeId,
    localDay: rated.businessDay,
    occurredAt: Date.parse(rated.occurredAt),
    currency: rated.currency,
    total: rated.total,
    pointsEarned: rated.pointsEarned,
    pointsReversed: rated.pointsReversed,
    originalKey: rated.originalKey,
    lines: rated.lines,
  };
}

const memberFact = (tenant: string, changed: MemberChanged): MemberFact =>
  ({ tenant, memberId: changed.memberId, version: changed.version, status: changed.status, mergedInto: changed.mergedInto });
