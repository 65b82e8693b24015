import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Public state of a member: everything here may be told to other services. */
@Entity({ schema: 'enrollment', name: 'member' })
@Index('member_external_id', ['tenant', 'externalId'], { unique: true, where: 'external_id IS NOT NULL' })
@Index('member_request_key', ['tenant', 'requestKey'], { unique: true, where: 'request_key IS NOT NULL' })
@Index('member_merged_into', ['tenant', 'mergedInto'], { where: 'merged_into IS NOT NULL' })
@Index('member_referral_code', ['tenant', 'referralCode'], { unique: true })
export class MemberRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'member_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'member_id', primaryKeyConstraintName: 'member_pk' }) memberId!: string;
  @Column({ type: 'text' }) status!: string;
  /** Grows by one with each change; the order of the messages about this member. */
  @Column({ type: 'integer' }) version!: number;
  @Column({ type: 'text' }) language!: string;
  @Column({ type: 'text', name: 'home_store', nullable: true }) homeStore!: string | null;
  @Column({ type: 'smallint', name: 'birth_month', nullable: true }) birthMonth!: number | null;
  /** The chain's own id of the customer. */
  @Column({ type: 'text', name: 'external_id', nullable: true }) externalId!: string | null;
  /** Idempotency-Key of the enrolment. */
  @Column({ type: 'text', name: 'request_key', nullable: true }) requestKey!: string | null;
  /** SHA-256 of the enrolment's body: tells a repetition from another request under the same key. */
  @Column({ type: 'bytea', name: 'request_hash' }) requestHash!: Buffer;
  @Column({ type: 'text', name: 'referral_code' }) referralCode!: string;
  /** The member whose referral code was given at enrolment. */
  @Column({ type: 'text', name: 'referred_by', nullable: true }) referredBy!: string | null;
  /** The member who goes on, where this one was merged. */
  @Column({ type: 'text', name: 'merged_into', nullable: true }) mergedInto!: string | null;
  @Column({ type: 'timestamptz', name: 'enrolled_at' }) enrolledAt!: Date;
  @Column({ type: 'text', name: 'created_by' }) createdBy!: string;
  @Column({ type: 'timestamptz', name: 'changed_at' }) changedAt!: Date;
  @Column({ type: 'text', name: 'changed_by' }) changedBy!: string;
}

/** Who the member is. Personal data: read only by the slices that show or change a profile. */
@Entity({ schema: 'enrollment', name: 'person' })
export class PersonRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'person_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'member_id', primaryKeyConstraintName: 'person_pk' }) memberId!: string;
  @Column({ type: 'text', nullable: true }) name!: string | null;
  @Column({ type: 'text', nullable: true }) email!: string | null;
  @Column({ type: 'text', nullable: true }) phone!: string | null;
  @Column({ type: 'date', name: 'birth_date', nullable: true }) birthDate!: string | null;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'text', name: 'created_by' }) createdBy!: string;
  @Column({ type: 'timestamptz', name: 'changed_at' }) changedAt!: Date;
  @Column({ type: 'text', name: 'changed_by' }) changedBy!: string;
}

/** What names a member at a till. `value` is personal data; `token` is what the other services know it by. */
@Entity({ schema: 'enrollment', name: 'identifier' })
@Index('identifier_member', ['tenant', 'memberId'])
export class IdentifierRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'identifier_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'identifier_pk' }) token!: string;
  @Column({ type: 'text' }) kind!: string;
  @Column({ type: 'text' }) value!: string;
  @Column({ type: 'text', name: 'member_id' }) memberId!: string;
  @Column({ type: 'text' }) status!: string;
  /** True for a card number that we made. */
  @Column({ type: 'boolean' }) issued!: boolean;
  /** Token of the identifier that took its place. */
  @Column({ type: 'text', name: 'replaced_by', nullable: true }) replacedBy!: string | null;
  @Column({ type: 'text', name: 'block_reason', nullable: true }) blockReason!: string | null;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'text', name: 'created_by' }) createdBy!: string;
  @Column({ type: 'timestamptz', name: 'changed_at' }) changedAt!: Date;
  @Column({ type: 'text', name: 'changed_by' }) changedBy!: string;
}

/** One answer to one question of consent; never updated. `version` is the member's version that it came with. */
@Entity({ schema: 'enrollment', name: 'consent' })
export class ConsentRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'consent_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'member_id', primaryKeyConstraintName: 'consent_pk' }) memberId!: string;
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'consent_pk' }) purpose!: string;
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'consent_pk' }) channel!: string;
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'consent_pk' }) version!: number;
  @Column({ type: 'boolean' }) granted!: boolean;
  /** Which wording the member was shown. */
  @Column({ type: 'text', name: 'text_version' }) textVersion!: string;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'text', name: 'created_by' }) createdBy!: string;
}

/** A change to be published: the member's whole public state after it. `position` is null until the relay has taken it. */
@Entity({ schema: 'enrollment', name: 'outbox' })
@Index('outbox_waiting', ['id'], { where: 'position IS NULL' })
@Index('outbox_position', ['position'], { where: 'position IS NOT NULL' })
export class OutboxRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'outbox_pk' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'member_id', primaryKeyConstraintName: 'outbox_pk' }) memberId!: string;
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'outbox_pk' }) version!: number;
  @Column({ type: 'bigint', generated: 'identity', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column({ type: 'bigint', nullable: true }) position!: string | null;
  @Column({ type: 'text' }) body!: string;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  /** Trace of the request; null where none is recorded. */
  @Column({ type: 'text', nullable: true }) traceparent!: string | null;
}

/** How far the relay has published. */
@Entity({ schema: 'enrollment', name: 'relay' })
export class RelayRow {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'relay_pk' }) name!: string;
  @Column({ type: 'bigint' }) position!: string;
  @Column({ type: 'timestamptz', name: 'moved_at', nullable: true }) movedAt!: Date | null;
}
