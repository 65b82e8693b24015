import type { DuckDBConnection } from '@duckdb/node-api';

/** A line of a ticket as it was sold or came back. */
export interface LineFact {
  readonly line: number;
  readonly sku: string;
  readonly category?: readonly string[] | undefined;
  /** Pieces, or grams where sold by weight. */
  readonly quantity: number;
  /** Decimal text with at most 6 decimals. */
  readonly unitPrice?: string | undefined;
  /** Minor units. */
  readonly amount: number;
}

/** What segmentation keeps of a ticket. A higher version of the same (tenant, transactionKey) replaces the lower one. */
export interface TicketFact {
  readonly tenant: string;
  readonly transactionKey: string;
  readonly version: number;
  readonly type: 'sale' | 'return' | 'void';
  readonly status: string;
  readonly memberId?: string | undefined;
  readonly storeId: string;
  /** Business day of the store, `YYYY-MM-DD`; part of the transaction key, so it never differs between versions. */
  readonly localDay: string;
  /** Instant in milliseconds. */
  readonly occurredAt: number;
  readonly currency: string;
  /** Minor units. */
  readonly total: number;
  readonly pointsEarned: number;
  readonly pointsReversed: number;
  readonly originalKey?: string | undefined;
  readonly lines: readonly LineFact[];
}

/** What segmentation keeps of a member: whether it counts, and under whom. No personal data. */
export interface MemberFact {
  readonly tenant: string;
  readonly memberId: string;
  readonly version: number;
  readonly status: 'active' | 'blocked' | 'merged' | 'erased';
  readonly mergedInto?: string | undefined;
}

/** Last message of a topic partition whose effect is in the facts. */
export interface FactPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface FactCounts {
  readonly tickets: number;
  readonly lines: number;
  readonly members: number;
}

/** Read side of the facts: one snapshot for as long as `work` takes, on a connection of its own (it may make temporary tables). */
export interface FactReader {
  read<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
}

/** Statuses of tickets that are no purchase: never accepted, or already counted under another ticket. */
export const NOT_A_PURCHASE: readonly string[] = ['quarantined', 'rejected', 'duplicate'];

/** Who must not be shown or exported any more, whatever an earlier run says. */
export interface MemberStanding {
  /** Those of the given members that are blocked, merged into another, or erased. A member never heard of is active. */
  inactiveAmong(tenant: string, memberIds: readonly string[]): Promise<ReadonlySet<string>>;
}
