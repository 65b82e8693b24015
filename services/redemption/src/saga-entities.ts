import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Points are safe integers; node-postgres hands bigint over as text. */
const integerColumn = { to: (value: number): number => value, from: (value: string): number => Number(value) };

/**
 * A transfer and how far it is: `asked` (written before the sender's wallet is touched), `refused`, `sent` (in transit, waits for an
 * answer), `accepting` or `returning` (answered, and never answered otherwise), `accepted` or `returned` (closed).
 */
@Entity({ schema: 'redemption', name: 'transfer' })
@Index('transfer_due', ['dueAt'], { where: `state IN ('asked', 'sent', 'accepting', 'returning')` })
@Index('transfer_recipient', ['tenant', 'recipientId'], { where: `state = 'sent'` })
export class TransferRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'transfer_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'transfer_id', primaryKeyConstraintName: 'transfer_pk' }) transferId!: string;
  @Column({ type: 'text', name: 'sender_id' }) senderId!: string;
  @Column({ type: 'text', name: 'recipient_id' }) recipientId!: string;
  @Column({ type: 'bigint', transformer: integerColumn }) points!: number;
  @Column({ type: 'text' }) state!: string;
  /** Why it goes back: `returned`, `lapsed`, `recipientClosed`. */
  @Column({ type: 'text', nullable: true }) reason!: string | null;
  /** The lots in transit as the ledger gave them, JSON. */
  @Column({ type: 'text', nullable: true }) lots!: string | null;
  @Column({ type: 'timestamptz', name: 'lapses_at' }) lapsesAt!: Date;
  /** When to look at it: its lapse while it waits for an answer, soon when a step is unfinished. */
  @Column({ type: 'timestamptz', name: 'due_at' }) dueAt!: Date;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'text', name: 'created_by' }) createdBy!: string;
  @Column({ type: 'timestamptz', name: 'changed_at' }) changedAt!: Date;
  @Column({ type: 'text', name: 'changed_by' }) changedBy!: string;
}

/** A merge of wallets and how far it is: `started`, `frozen`, `movedOut`, `movedIn`, `done`. Begun by `trebol.member.changed.v1`. */
@Entity({ schema: 'redemption', name: 'merge' })
@Index('merge_due', ['dueAt'], { where: `state <> 'done'` })
export class MergeRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'merge_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'merge_id', primaryKeyConstraintName: 'merge_pk' }) mergeId!: string;
  @Column({ type: 'text', name: 'from_id' }) fromId!: string;
  @Column({ type: 'text', name: 'into_id' }) intoId!: string;
  /** Which wallet moves; null: that of the currency. */
  @Column({ type: 'text', name: 'point_type', nullable: true }) pointType!: string | null;
  @Column({ type: 'text' }) state!: string;
  /** Counts from 1; one more when something came into the wallet between moving out and closing. */
  @Column({ type: 'integer', default: 1 }) round!: number;
  /** What left the one wallet and is not known to be in the other, as the ledger gave it, JSON. */
  @Column({ type: 'text', nullable: true }) contents!: string | null;
  /** Id of the message that began it; null for one that began before it was kept. */
  @Column({ type: 'text', nullable: true }) cause!: string | null;
  /** Why the last step could not be done. */
  @Column({ type: 'text', nullable: true }) refused!: string | null;
  @Column({ type: 'timestamptz', name: 'due_at' }) dueAt!: Date;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'timestamptz', name: 'changed_at' }) changedAt!: Date;
}

/** A correction somebody asked for: `awaitingApproval`, `asked` (written before the wallet is touched), `done` or `refused`. */
@Entity({ schema: 'redemption', name: 'adjustment' })
export class AdjustmentRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'adjustment_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'adjustment_id', primaryKeyConstraintName: 'adjustment_pk' }) adjustmentId!: string;
  @Column({ type: 'text', name: 'member_id' }) memberId!: string;
  /** Null: the currency. */
  @Column({ type: 'text', name: 'point_type', nullable: true }) pointType!: string | null;
  @Column({ type: 'bigint', transformer: integerColumn }) points!: number;
  @Column({ type: 'text', name: 'reason_code' }) reasonCode!: string;
  @Column({ type: 'text', nullable: true }) note!: string | null;
  @Column({ type: 'text' }) state!: string;
  @Column({ type: 'text', name: 'approved_by', nullable: true }) approvedBy!: string | null;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'text', name: 'created_by' }) createdBy!: string;
  @Column({ type: 'timestamptz', name: 'changed_at' }) changedAt!: Date;
  @Column({ type: 'text', name: 'changed_by' }) changedBy!: string;
}

/**
 * A cancellation of a redemption: `asked` (written before the wallet is touched), `planned` (the wallet was merged away: points and last day
 * of what the other wallet is to get are decided), `done` or `refused`.
 */
@Entity({ schema: 'redemption', name: 'cancellation' })
export class CancellationRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'cancellation_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'redemption_id', primaryKeyConstraintName: 'cancellation_pk' }) redemptionId!: string;
  @PrimaryColumn({ type: 'text', name: 'cancellation_id', primaryKeyConstraintName: 'cancellation_pk' }) cancellationId!: string;
  /** As asked for; null: all that is not cancelled yet. */
  @Column({ type: 'bigint', nullable: true, transformer: integerColumn }) points!: number | null;
  @Column({ type: 'text' }) state!: string;
  @Column({ type: 'bigint', default: 0, transformer: integerColumn }) restored!: number;
  /** Whose wallet gets the points, where it is not the one that spent them. */
  @Column({ type: 'text', name: 'member_id', nullable: true }) memberId!: string | null;
  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true }) expiresAt!: Date | null;
  @Column({ type: 'text', name: 'valid_through', nullable: true }) validThrough!: string | null;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'text', name: 'created_by' }) createdBy!: string;
  @Column({ type: 'timestamptz', name: 'changed_at' }) changedAt!: Date;
}

/** When a command without a row of its own was first asked for: a fee, a waiver, a forfeiture, a freeze. Kept for ever, like the wallets' memory. */
@Entity({ schema: 'redemption', name: 'first_ask' })
export class FirstAskRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'first_ask_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'command_id', primaryKeyConstraintName: 'first_ask_pk' }) commandId!: string;
  @Column({ type: 'text', name: 'member_id' }) memberId!: string;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'text', name: 'created_by' }) createdBy!: string;
}
