import { balanceAt, nextDueAt, type Wallet, type WalletBalance } from '@trebol/points';
import type { ColumnType } from '@trebol/postgres-bulk';
import { type Held, snapshotOf } from './wallet-folds.ts';

/** One wallet as the balance table keeps it. */
export interface BalanceValues {
  readonly tenant: string;
  readonly programme: string;
  readonly pointType: string;
  readonly memberId: string;
  readonly revision: number;
  readonly available: number;
  readonly pending: number;
  readonly held: number;
  readonly debt: number;
  readonly feeDue: number;
  readonly spent: number;
  readonly expired: number;
  readonly stateVersion: number;
  readonly state: Uint8Array;
  readonly nextDueAt: number | null;
  readonly asOf: number;
  readonly logPartition: number;
  readonly logPosition: bigint;
}

/** Column, its type and its field: the one list that reading, writing and comparing go by. */
export const BALANCE_COLUMNS: readonly { readonly name: string; readonly type: ColumnType; readonly field: keyof BalanceValues }[] = [
  { name: 'tenant', type: 'text', field: 'tenant' },
  { name: 'programme', type: 'text', field: 'programme' },
  { name: 'point_type', type: 'text', field: 'pointType' },
  { name: 'member_id', type: 'text', field: 'memberId' },
  { name: 'revision', type: 'int4', field: 'revision' },
  { name: 'available', type: 'int8', field: 'available' },
  { name: 'pending', type: 'int8', field: 'pending' },
  { name: 'held', type: 'int8', field: 'held' },
  { name: 'debt', type: 'int8', field: 'debt' },
  { name: 'fee_due', type: 'int8', field: 'feeDue' },
  { name: 'spent', type: 'int8', field: 'spent' },
  { name: 'expired', type: 'int8', field: 'expired' },
  { name: 'state_version', type: 'int2', field: 'stateVersion' },
  { name: 'state', type: 'bytea', field: 'state' },
  { name: 'next_due_at', type: 'timestamptz', field: 'nextDueAt' },
  { name: 'as_of', type: 'timestamptz', field: 'asOf' },
  { name: 'log_partition', type: 'int4', field: 'logPartition' },
  { name: 'log_position', type: 'int8', field: 'logPosition' },
];

/**
 * Points that are spent and not given back, and points that time has taken by the instant of `balance`, booked or not (G2):
 * what G1 leaves
 * when all else is accounted for.
 */
export function lifetime(wallet: Wallet, balance: WalletBalance): { readonly spent: number; readonly expired: number } {
  const { issued, restored, spent, reversed, debtIncurred } = wallet.totals;
  const there = balance.available + balance.pending + balance.held;
  return { spent: spent - restored, expired: issued + restored - spent - reversed - (debtIncurred - balance.debt) - there };
}

/**
 * The balance row of a wallet right after its newest event: figures as of the instant at which that event was recorded, so a
 * rebuild gives the same.
 */
export function balanceValues(held: Held): BalanceValues {
  const { id, state, revision, recordedAt, position } = held;
  const balance = balanceAt(state, recordedAt);
  const { schemaVersion, bytes } = snapshotOf(held);
  const { spent, expired } = lifetime(state, balance);
  return {
    tenant: id.tenant, programme: id.programme, pointType: id.pointType, memberId: id.member, revision,
    available: balance.available, pending: balance.pending, held: balance.held, debt: balance.debt, feeDue: balance.feeDue,
    spent, expired, stateVersion: schemaVersion, state: bytes, nextDueAt: nextDueAt(state), asOf: recordedAt,
    logPartition: position?.partition ?? 0, logPosition: position?.position ?? 0n,
  };
}
