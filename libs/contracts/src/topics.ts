import type { z } from 'zod';
import { memberChanged, pointsBalance, pointsEntry, ticketRated } from './messages.ts';
import { ticket } from './ticket.ts';

/** What is known of a topic before a message is sent: the one catalogue that adapters, schemas and docs are made from. */
export interface Topic<Value = unknown> {
  readonly name: string;
  /** The only part that may write it. */
  readonly owner: 'chain' | 'enrollment' | 'earning' | 'ledger';
  readonly keyedBy: 'memberIdentifierElseStore' | 'memberId' | 'memberIdElseStore';
  readonly partitions: number;
  /** How long a message is kept; `compacted` keeps the newest of each key. */
  readonly retention: { readonly days: number } | 'compacted';
  readonly schema: z.ZodType<Value>;
}

const topic = <Value>(declared: Topic<Value>): Topic<Value> => declared;

export const topics = {
  ticket: topic({ name: 'trebol.pos.ticket.v1', owner: 'chain', keyedBy: 'memberIdentifierElseStore', partitions: 12, retention: { days: 7 }, schema: ticket }),
  memberChanged: topic({ name: 'trebol.member.changed.v1', owner: 'enrollment', keyedBy: 'memberId', partitions: 12, retention: 'compacted', schema: memberChanged }),
  ticketRated: topic({ name: 'trebol.earning.ticket-rated.v1', owner: 'earning', keyedBy: 'memberIdElseStore', partitions: 12, retention: { days: 30 }, schema: ticketRated }),
  pointsEntry: topic({ name: 'trebol.points.entry.v1', owner: 'ledger', keyedBy: 'memberId', partitions: 12, retention: { days: 30 }, schema: pointsEntry }),
  pointsBalance: topic({ name: 'trebol.points.balance.v1', owner: 'ledger', keyedBy: 'memberId', partitions: 12, retention: 'compacted', schema: pointsBalance }),
} as const;
