import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { integerColumn } from './integer-column.ts';

/**
 * A wallet as of its newest projected event. Figures are those of `asOf`; `state` is the fold itself, which tells them for any
 * instant.
 */
@Entity({ schema: 'ledger', name: 'balance' })
@Index('balance_due', ['nextDueAt'], { where: 'next_due_at IS NOT NULL' })
export class BalanceRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'balance_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'balance_pk' }) programme!: string;
  @PrimaryColumn({ type: 'text', name: 'point_type', primaryKeyConstraintName: 'balance_pk' }) pointType!: string;
  @PrimaryColumn({ type: 'text', name: 'member_id', primaryKeyConstraintName: 'balance_pk' }) memberId!: string;
  @Column({ type: 'integer' }) revision!: number;
  @Column({ type: 'bigint', transformer: integerColumn }) available!: number;
  @Column({ type: 'bigint', transformer: integerColumn }) pending!: number;
  @Column({ type: 'bigint', transformer: integerColumn }) held!: number;
  @Column({ type: 'bigint', transformer: integerColumn }) debt!: number;
  @Column({ type: 'bigint', name: 'fee_due', transformer: integerColumn }) feeDue!: number;
  @Column({ type: 'bigint', transformer: integerColumn }) spent!: number;
  @Column({ type: 'bigint', transformer: integerColumn }) expired!: number;
  /** Layout of `state`. */
  @Column({ type: 'smallint', name: 'state_version' }) stateVersion!: number;
  /** Compact wallet of libs/points. */
  @Column({ type: 'bytea' }) state!: Buffer;
  /** Earliest instant at which something of this wallet is to be booked; null when nothing is ahead. */
  @Column({ type: 'timestamptz', name: 'next_due_at', nullable: true }) nextDueAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'as_of' }) asOf!: Date;
  @Column({ type: 'integer', name: 'log_partition' }) logPartition!: number;
  @Column({ type: 'bigint', name: 'log_position', transformer: integerColumn }) logPosition!: number;
}
