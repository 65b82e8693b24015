import { Column, Entity, PrimaryColumn } from 'typeorm';
import { integerColumn } from './integer-column.ts';

/**
 * One movement of a wallet, with the figures right after it (as of the instant it was recorded). The key is the order of
 * paging.
 */
@Entity({ schema: 'ledger', name: 'entry' })
export class EntryRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'entry_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'member_id', primaryKeyConstraintName: 'entry_pk' }) memberId!: string;
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'entry_pk' }) programme!: string;
  @PrimaryColumn({ type: 'text', name: 'point_type', primaryKeyConstraintName: 'entry_pk' }) pointType!: string;
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'entry_pk' }) revision!: number;
  @Column({ type: 'uuid', name: 'event_id' }) eventId!: string;
  @Column({ type: 'text' }) kind!: string;
  @Column({ type: 'bigint', transformer: integerColumn }) points!: number;
  @Column({ type: 'timestamptz', name: 'occurred_at' }) occurredAt!: Date;
  @Column({ type: 'timestamptz', name: 'recorded_at' }) recordedAt!: Date;
  @Column({ type: 'text', name: 'source_kind', nullable: true }) sourceKind!: string | null;
  @Column({ type: 'text', name: 'source_key', nullable: true }) sourceKey!: string | null;
  /** Compact JSON of the explanation as it was recorded. */
  @Column({ type: 'text', nullable: true }) explanation!: string | null;
  @Column({ type: 'bigint', name: 'available_after', transformer: integerColumn }) availableAfter!: number;
  @Column({ type: 'bigint', name: 'pending_after', transformer: integerColumn }) pendingAfter!: number;
  @Column({ type: 'bigint', name: 'held_after', transformer: integerColumn }) heldAfter!: number;
  @Column({ type: 'bigint', name: 'debt_after', transformer: integerColumn }) debtAfter!: number;
  @Column({ type: 'bigint', name: 'fee_due_after', transformer: integerColumn }) feeDueAfter!: number;
}
