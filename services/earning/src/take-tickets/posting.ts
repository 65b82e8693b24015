import type { Addressed, EarnPoints, ExtendPoints, LotGrant, ReverseEarning, WalletId } from '@trebol/points';
import type { ExplanationStep } from '@trebol/contracts';
import type { AwardedLot, Extension, ReversedLot } from '../decision.ts';

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
  /** Compact JSON: the later last days for the points the member has already, one or a list. */
  readonly extension: string | undefined;
  /** The type of its points, where it is the part of a ticket that is not about the currency. */
  readonly pointType?: string;
}

/** Tickets by the wallets they go to: those of the currency, and the parts for wallets of other types. */
export interface ByType { readonly currency: readonly Posting[]; readonly others: readonly Posting[] }

const NO_PARTS: readonly Posting[] = [];
/**
 * How a lot, a step or an extension of another type is recognised in compact JSON: `"pointType":`, looked for from its T, which nothing else
 * there has, because every ticket is looked at (30 ns, and 400 from the quotation mark).
 */
const OTHER_TYPE = 'Type":';

/** Splits tickets that give or take points of several types into one part for each wallet. Tickets of the currency alone are not read. */
export function byType(postings: readonly Posting[]): ByType {
  if (!postings.some(isMixed)) return { currency: postings, others: NO_PARTS };
  const [currency, others]: [Posting[], Posting[]] = [[], []];
  for (const posting of postings) {
    for (const part of isMixed(posting) ? partsOf(posting) : [posting]) (part.pointType === undefined ? currency : others).push(part);
  }
  return { currency, others };
}

const isMixed = ({ lots, extension }: Posting): boolean => lots?.includes(OTHER_TYPE) === true || extension?.includes(OTHER_TYPE) === true;

interface Typed { readonly pointType?: string | undefined }

function partsOf(posting: Posting): Posting[] {
  const lots = JSON.parse(posting.lots ?? '[]') as (AwardedLot | ReversedLot)[];
  const steps = JSON.parse(posting.explanation) as (ExplanationStep & Typed)[];
  const extensions = extensionsIn(posting.extension);
  const types = new Set([...lots, ...extensions].map((about: Typed) => about.pointType));
  const textOf = (about: readonly Typed[], type: string | undefined): string | undefined => {
    const own = about.filter(({ pointType }) => pointType === type);
    return own.length === 0 ? undefined : JSON.stringify(own);
  };
  return [...types].map((type) => ({
    ...posting, lots: textOf(lots, type), explanation: textOf(steps, type) ?? '[]', extension: textOf(extensions, type),
    ...(type === undefined ? {} : { pointType: type }),
  }));
}

const extensionsIn = (text: string | undefined): Extension[] =>
  (text === undefined ? [] : [JSON.parse(text) as Extension | Extension[]].flat());

/** The wallets a tenant's tickets go to, of the currency where a posting names no other type. Programme and currency never change. */
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
      lots: (JSON.parse(posting.lots ?? '[]') as ReversedLot[]).map(({ lotId, points }) => ({ lotId, points })),
    },
  };
}

/** The command that says the member was active, of a posting that has an extension. Its source is the ticket too, as an activity, so it counts once. */
export function extensionCommandOf(tenant: string, kind: WalletKind, posting: Posting): Addressed<ExtendPoints> {
  const [extension] = extensionsIn(posting.extension);
  if (extension === undefined) throw new Error(`${posting.key} extends nothing`);
  const { validThrough, expiresAt } = extension;
  return {
    wallet: walletOf(tenant, kind, posting),
    command: {
      type: 'ExtendPoints', commandId: posting.key, occurredAt: posting.occurredAt, source: { kind: 'activity', key: posting.key },
      validThrough, expiresAt,
    },
  };
}

const walletOf = (tenant: string, kind: WalletKind, { memberId, pointType = kind.pointType }: Posting): WalletId =>
  ({ tenant, programme: kind.programme, pointType, member: memberId });

const grantOf = (lot: AwardedLot): LotGrant => ({
  lotId: lot.lotId, points: lot.points, availableFrom: lot.availableFrom, expiresAt: lot.expiresAt, validThrough: lot.validThrough,
});

/** Sales before what takes them back, so that a batch never asks to reverse what it has not earned yet. */
export function salesFirst(postings: readonly Posting[]): readonly Posting[] {
  const corrections = postings.filter((posting) => posting.type !== 'sale');
  return corrections.length === 0 ? postings : [...postings.filter((posting) => posting.type === 'sale'), ...corrections];
}
