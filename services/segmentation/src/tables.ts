import { Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';
import type { StoredRun } from './run-record.ts';
import type { ExportRecord } from './export-record.ts';

/** A run with everything that was put in and came out; never changed once written. */
@Entity({ schema: 'segmentation', name: 'run' })
@Index('run_latest', ['tenant', 'mapId', 'sequence'])
export class RunTable {
  @PrimaryColumn({ type: 'text' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'run_id' }) runId!: string;
  /** Order in which runs were stored; the clock may stand still or be moved. */
  @Column({ type: 'bigint' }) @Generated('increment') sequence!: string;
  @Column({ type: 'text', name: 'map_id' }) mapId!: string;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'jsonb' }) record!: StoredRun;
}

/** Scores of one customer in one run. */
@Entity({ schema: 'segmentation', name: 'member_score' })
@Index('member_score_group', ['tenant', 'runId', 'groupId', 'memberId'])
export class MemberScoreTable {
  @PrimaryColumn({ type: 'text' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'run_id' }) runId!: string;
  @PrimaryColumn({ type: 'text', name: 'member_id', collation: 'C' }) memberId!: string;
  @Column({ type: 'smallint' }) r!: number;
  @Column({ type: 'smallint' }) f!: number;
  @Column({ type: 'smallint' }) m!: number;
  @Column({ type: 'text', name: 'group_id' }) groupId!: string;
  @Column({ type: 'integer', name: 'recency_days' }) recencyDays!: number;
  @Column({ type: 'integer' }) orders!: number;
  @Column({ type: 'bigint', name: 'amount_minor' }) amountMinor!: string;
  @Column({ type: 'date', name: 'last_purchase_day' }) lastPurchaseDay!: string;
}

/** An export that is finished: its files are in the data folder. */
@Entity({ schema: 'segmentation', name: 'audience_export' })
export class AudienceExportTable {
  @PrimaryColumn({ type: 'text' }) tenant!: string;
  @PrimaryColumn({ type: 'text', name: 'export_id' }) exportId!: string;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'jsonb' }) record!: ExportRecord;
}
