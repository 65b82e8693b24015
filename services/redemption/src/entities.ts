import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Points are safe integers; node-postgres hands bigint over as text. */
const integerColumn = { to: (value: number): number => value, from: (value: string): number => Number(value) };

/**
 * A hold somebody asked for. The wallet's stream says what became of it; `state` is a note for finding holds that may be due:
 * `asked` (written before the append), `open`, `captured`, `released`, `lapsed`, `refused` (never came into being).
 */
@Entity({ schema: 'redemption', name: 'hold' })
@Index('hold_due', ['lapseAt'], { where: `state IN ('asked', 'open')` })
export class HoldRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'hold_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'hold_id', primaryKeyConstraintName: 'hold_pk' }) holdId!: string;
  @Column({ type: 'text', name: 'member_id' }) memberId!: string;
  @Column({ type: 'bigint', transformer: integerColumn }) points!: number;
  @Column({ type: 'timestamptz', name: 'expires_at' }) expiresAt!: Date;
  /** When to look at it: `expiresAt`, later when it could not be let go then. */
  @Column({ type: 'timestamptz', name: 'lapse_at' }) lapseAt!: Date;
  @Column({ type: 'text' }) state!: string;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'text', name: 'created_by' }) createdBy!: string;
  @Column({ type: 'timestamptz', name: 'changed_at' }) changedAt!: Date;
  @Column({ type: 'text', name: 'changed_by' }) changedBy!: string;
}

/** A redemption somebody asked for: `asked` (written before the append), `done` or `refused`. The stream is the truth. */
@Entity({ schema: 'redemption', name: 'redemption' })
export class RedemptionRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'redemption_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'redemption_id', primaryKeyConstraintName: 'redemption_pk' }) redemptionId!: string;
  @Column({ type: 'text', name: 'member_id' }) memberId!: string;
  @Column({ type: 'bigint', transformer: integerColumn }) points!: number;
  /** Key of the ticket that was paid with the points. */
  @Column({ type: 'text', nullable: true }) ticket!: string | null;
  @Column({ type: 'text' }) state!: string;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'text', name: 'created_by' }) createdBy!: string;
  @Column({ type: 'timestamptz', name: 'changed_at' }) changedAt!: Date;
  @Column({ type: 'text', name: 'changed_by' }) changedBy!: string;
}

/** Whether a member may spend, as last told by `trebol.member.changed.v1`. No personal data. */
@Entity({ schema: 'redemption', name: 'member' })
export class KnownMemberRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'member_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'member_id', primaryKeyConstraintName: 'member_pk' }) memberId!: string;
  @Column({ type: 'text' }) status!: string;
  @Column({ type: 'integer' }) version!: number;
  @Column({ type: 'timestamptz', name: 'changed_at' }) changedAt!: Date;
}

/** Whom an identifier's token names. */
@Entity({ schema: 'redemption', name: 'member_identifier' })
@Index('member_identifier_member', ['tenant', 'memberId'])
export class KnownIdentifierRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'member_identifier_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'member_identifier_pk' }) token!: string;
  @PrimaryColumn({ type: 'text', name: 'member_id', primaryKeyConstraintName: 'member_identifier_pk' }) memberId!: string;
  @Column({ type: 'text' }) status!: string;
}
