import type { Addressed, EarnPoints, ExtendPoints, LotGrant, ReverseEarning, WalletId } from '@trebol/points';
import type { AwardedLot, Extension } from '../decision.ts';

/** A decided ticket on its way into a wallet, exactly as it was decided; made from memory or from the table, the same. */
export interface Posting {
  readonly key: string;
  readonly type: 'sale' | 'return' | 'void';
  readonly memberId: string;
  readonly originalKey: string | undefined;
  /** Milliseconds. */
  readonly occurredAt: number;
  readonly hash: Buffer;
  /** Compact JSON: awarded lots of a sale, lots and points taken back otherwise; undefined when it moves no points. */
  readonly lots: string | undefined;
  readonly explanation: string;
  /** Compact JSON: the later last day for the points the member has already. */
  readonly extension: string | undefined;
}

/** The wallets a tenant's tickets go to. Programme and point type never change for a tenant. */
export interface WalletKind {
  readonly programme: string;
  readonly pointType: string;
}

/** The command that posts a ticket. Its source is the ticket's key, so however often it is sent it counts once (G7). */
export function commandOf(tenant: string, kind: WalletKind, posting: Posting): Addressed<EarnPoints | ReverseEarning> {
  const wallet = walletOf(tenant, kind, posting);
  const header = {
    commandId: posting.key, occurredAt: posting.occurredAt, contentHash: posting.hash.toString('hex'),
    explanation: posting.explanation,
  };
  if (posting.type === 'sale') {
    const lots = (JSON.parse(posting.lots ?? '[]') as AwardedLot[]).map(grantOf);
    return { wallet, command: { type: 'EarnPoints', ...header, source: { kind: 'ticket', key: posting.key }, lots } };
  }
  return {
    wallet,
    command: {
      type: 'ReverseEarning', ...header, source: {
        kind: 'ticket', key: posting.originalKey ?? '',
      }, correction: { kind: 'ticket', key: posting.key },
      lots: JSON.parse(posting.lots ?? '[]') as { lotId: string; points: number }[],
    },
  };
}

/** The command that says the member was active. Its source is the ticket too, as an activity, so it counts once. */
export function extensionCommandOf(tenant: string, kind: WalletKind, posting: Posting): Addressed<ExtendPoints> {
  const { validThrough, expiresAt } = JSON.parse(posting.extension ?? '{}') as Extension;
  return {
    wallet: walletOf(tenant, kind, posting),
    command: {
      type: 'ExtendPoints', commandId: posting.key, occurredAt: posting.occurredAt, source: { kind: 'activity', key: posting.key },
      validThrough, expiresAt,
    },
  };
}

const walletOf = (tenant: string, { programme, pointType }: WalletKind, { memberId }: Posting): WalletId =>
  ({ tenant, programme, pointType, member: memberId });

const grantOf = (lot: AwardedLot): LotGrant => ({
  lotId: lot.lotId, points: lot.points, availableFrom: lot.availableFrom, expiresAt: lot.expiresAt, validThrough: lot.validThrough,
});

/** Sales before what takes them back, so that a batch never asks to reverse what it has not earned yet. */
export function salesFirst(postings: readonly Posting[]): readonly Posting[] {
  const corrections = postings.filter((posting) => posting.type !== 'sale');
  return corrections.length === 0 ? postings : [...postings.filter((posting) => posting.type === 'sale'), ...corrections];
}
