import type { EarnPoints, OpenWallet } from '../commands.ts';
import { content } from '../content.ts';
import type { Allocation, GrantedLot, Owed, WalletEvent, WalletOpened } from '../events.ts';
import { fingerprintOf, identity, lotIdOf } from '../identity.ts';
import {
  EFFECTS_PER_PERIOD_MAX, LOTS_OPEN_AGAIN_MAX, LOTS_OPEN_MAX, LOTS_PER_EARNING_MAX, LOTS_PER_PERIOD_MAX, POINTS_PER_LOT_MAX,
} from '../limits.ts';
import type { Refusal } from '../refusals.ts';
import { hasLot, openLots } from '../wallet/facts.ts';
import { inSpendOrder, isSpendable, NOTHING_OWED, payOwed } from '../wallet/spend-order.ts';
import type { Lot, Wallet } from '../wallet/state.ts';
import { accept, refuse, type Accepted, type DecisionContext, type Verdict } from './verdict.ts';

/** Opens a wallet that is not open. */
export function open(command: OpenWallet, _wallet: Wallet, context: DecisionContext): Verdict {
  return accept(opening(command.occurredAt, context));
}

/**
 * Grants lots and pays older debt, then the fee due, from those that may be spent at once. Pending lots pay when they become available, not
 * before: they may still be reversed without anybody having lost anything.
 */
export function earn(command: EarnPoints, wallet: Wallet, context: DecisionContext): Verdict {
  const limit = limitOf(command, wallet);
  if (limit !== undefined) return refuse(limit);
  const there = command.lots.find(({ lotId }) => hasLot(wallet.lots, lotId));
  if (there !== undefined) return refuse(broughtAlready(command, there.lotId));
  const lots = command.lots.map((lot): GrantedLot => ({
    lotId: lot.lotId, points: lot.points, availableFrom: lot.availableFrom, expiresAt: lot.expiresAt, validThrough: lot.validThrough,
  }));
  const earned: WalletEvent = {
    type: 'PointsEarned', occurredAt: command.occurredAt, recordedAt: context.now, source: command.source,
    content: content.ofHash(command.contentHash), lots, ...owedBy(command, wallet, context),
    explanation: command.explanation,
  };
  return acceptOpening(wallet, earned, context);
}

/** A lot of this very source came from another wallet, by a merge or a transfer. A lot of any other source is a fault of the caller. */
function broughtAlready({ source }: EarnPoints, lotId: string): Refusal {
  const own = Array.from({ length: LOTS_PER_EARNING_MAX }, (_, ordinal) => lotIdOf(source, ordinal));
  if (!own.includes(lotId)) throw new RangeError(`Lot ${lotId} is in the wallet already under another source`);
  return { code: 'sourceConflict', source: `${source.kind}/${source.key}` };
}

function owedBy(command: EarnPoints, wallet: Wallet, context: DecisionContext): Owed {
  if (wallet.debt === 0 && wallet.feeDue === 0) return NOTHING_OWED;
  const source = fingerprintOf(identity.earning(command.source));
  const asLot = (lot: GrantedLot): Lot => ({
    ...lot, source, recorded: wallet.revision, granted: lot.points, entitled: lot.points, remaining: lot.points,
    held: 0, expired: 0, forgiven: 0, activated: true,
  });
  const freed = command.lots.filter((lot) => isSpendable(lot, context.now)).map(asLot).toSorted(inSpendOrder);
  return payOwed(wallet, freed.map((lot) => ({ lotId: lot.lotId, points: lot.remaining })));
}

function limitOf(command: EarnPoints, wallet: Wallet): Refusal | undefined {
  if (command.lots.length > LOTS_PER_EARNING_MAX) return { code: 'limitReached', limit: 'lotsPerEarning', max: LOTS_PER_EARNING_MAX };
  if (command.lots.some((lot) => lot.points > POINTS_PER_LOT_MAX)) {
    return { code: 'limitReached', limit: 'pointsPerLot', max: POINTS_PER_LOT_MAX };
  }
  return lotsLimit(wallet, command.lots.length) ?? memoryLimit(wallet);
}

/** Refusal when so many lots more are too many: open at once, or in this period. */
export function lotsLimit(wallet: Wallet, more: number): Refusal | undefined {
  if (openLots(wallet.lots) + more > LOTS_OPEN_MAX) return { code: 'limitReached', limit: 'lotsOpen', max: LOTS_OPEN_MAX };
  return wallet.lots.length + more <= LOTS_PER_PERIOD_MAX ? undefined
    : { code: 'limitReached', limit: 'lotsPerPeriod', max: LOTS_PER_PERIOD_MAX };
}

/** Refusal when the wallet cannot remember one more effect of this period. */
export function memoryLimit(wallet: Wallet): Refusal | undefined {
  return wallet.seen.length - (wallet.books?.carried ?? 0) < EFFECTS_PER_PERIOD_MAX ? undefined
    : { code: 'limitReached', limit: 'effectsPerPeriod', max: EFFECTS_PER_PERIOD_MAX };
}

/** Refusal when points that come back to these lots open more of them again than a wallet may have. */
export function reopeningLimit(wallet: Wallet, parts: readonly Allocation[]): Refusal | undefined {
  const empty = new Set(wallet.lots.filter((lot) => lot.remaining === 0 && lot.held === 0).map((lot) => lot.lotId));
  const reopened = parts.filter(({ lotId }) => empty.has(lotId)).length;
  return reopened === 0 || openLots(wallet.lots) + reopened <= LOTS_OPEN_AGAIN_MAX ? undefined
    : { code: 'limitReached', limit: 'lotsOpenAgain', max: LOTS_OPEN_AGAIN_MAX };
}

/** Accepts an event; a wallet that is not open yet is opened by it. */
export function acceptOpening(wallet: Wallet, event: WalletEvent, context: DecisionContext): Accepted {
  return wallet.opened ? accept(event) : accept(opening(event.occurredAt, context), event);
}

function opening(occurredAt: number, context: DecisionContext): WalletOpened {
  return { type: 'WalletOpened', occurredAt, recordedAt: context.now };
}
