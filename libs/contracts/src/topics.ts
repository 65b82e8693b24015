import { z } from 'zod';
import { memberChanged, pointsBalance, pointsEntry, ticketRated } from './messages.ts';
import { localId, memberId } from './primitives.ts';
import { identification, ticket } from './ticket.ts';

/** What a key may be, by what it is made of. Messages of one key keep their order. */
export const topicKeys = {
  memberIdentifierElseStore: z.union([identification.shape.value, localId]),
  memberId,
  memberIdElseStore: z.union([memberId, localId]),
} as const;

/** What is known of a topic before a message is sent: the one catalogue that adapters, schemas and docs are made from. */
export interface Topic<Value = unknown> {
  readonly name: string;
  /** The only part that may write it. */
  readonly owner: 'chain' | 'enrollment' | 'earning' | 'ledger';
  readonly keyedBy: keyof typeof topicKeys;
  readonly partitions: number;
  /** How long a message is kept; `compacted` keeps the newest of each key. */
  readonly retention: { readonly days: number } | 'compacted';
  readonly schema: z.ZodType<Value>;
  /** `ce_dataschema` of its messages and `$id` of the committed JSON Schema: a name that is nobody's address. */
  readonly dataSchema: string;
}

const topic = <Value>(declared: Omit<Topic<Value>, 'dataSchema'>): Topic<Value> =>
  ({ ...declared, dataSchema: `urn:trebol:schema:${declared.name}` });

export const topics = {
  ticket: topic({ name: 'trebol.pos.ticket.v1', owner: 'chain', keyedBy: 'memberIdentifierElseStore', partitions: 12, retention: { days: 7 }, schema: ticket }),
  memberChanged: topic({ name: 'trebol.member.changed.v1', owner: 'enrollment', keyedBy: 'memberId', partitions: 12, retention: 'compacted', schema: memberChanged }),
  ticketRated: topic({ name: 'trebol.earning.ticket-rated.v1', owner: 'earning', keyedBy: 'memberIdElseStore', partitions: 12, retention: { days: 30 }, schema: ticketRated }),
  pointsEntry: topic({ name: 'trebol.points.entry.v1', owner: 'ledger', keyedBy: 'memberId', partitions: 12, retention: { days: 30 }, schema: pointsEntry }),
  pointsBalance: topic({ name: 'trebol.points.balance.v1', owner: 'ledger', keyedBy: 'memberId', partitions: 12, retention: 'compacted', schema: pointsBalance }),
} as const;
