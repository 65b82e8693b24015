import type { EarnPoints, OpenWallet } from '../commands.ts';
import type { GrantedLot, WalletEvent, WalletOpened } from '../events.ts';
import { content, fingerprintOf, identity } from '../identity.ts';
import { EFFECTS_PER_PERIOD_MAX, LOTS_OPEN_MAX, LOTS_PER_EARNING_MAX, POINTS_PER_LOT_MAX } from '../limits.ts';
import type { Refusal } from '../refusals.ts';
import { inSpendOrder, isSpendable, payDebt } from '../wallet/spend-order.ts';
import { lotById, type Lot, type Wallet } from '../wallet/state.ts';
import { accept, refuse, type DecisionContext, type Verdict } from './verdict.ts';

/** Opens a wallet that is not open. */
export function open(command: OpenWallet, _wallet: Wallet, context: DecisionContext): Verdict {
  return accept(opening(command.occurredAt, context));
}

/**
 * Grants lots and pays older debt from those that may be spent at once. Pending lots pay when they become available, not before:
 * they may still be reversed without anybody having lost anything.
 */
export function earn(command: EarnPoints, wallet: Wallet, context: DecisionContext): Verdict {
  const limit = limitOf(command, wallet);
  if (limit !== undefined) return refuse(limit);
  for (const { lotId } of command.lots) {
    if (lotById(wallet, lotId) !== undefined) throw new RangeError(`Lot ${lotId} is in the wallet already under another source`);
  }
  const lots = command.lots.map((lot): GrantedLot => ({
    lotId: lot.lotId, points: lot.points, availableFrom: lot.availableFrom, expiresAt: lot.expiresAt, validThrough: lot.validThrough,
  }));
  const earned: WalletEvent = {
    type: 'PointsEarned', occurredAt: command.occurredAt, recordedAt: context.now, source: command.source,
    content: content.ofHash(command.contentHash), lots, debtRepaid: debtRepaidBy(command, wallet, context),
    explanation: command.explanation,
  };
  return wallet.opened ? accept(earned) : accept(opening(command.occurredAt, context), earned);
}

function debtRepaidBy(command: EarnPoints, wallet: Wallet, context: DecisionContext) {
  if (wallet.debt === 0) return [];
  const source = fingerprintOf(identity.earning(command.source));
  const asLot = (lot: GrantedLot): Lot => ({
    ...lot, source, recorded: wallet.revision, granted: lot.points, entitled: lot.points, remaining: lot.points,
    held: 0, expired: 0, forgiven: 0, activated: true,
  });
  const freed = command.lots.filter((lot) => isSpendable(lot, context.now)).map(asLot).toSorted(inSpendOrder);
  return payDebt(wallet.debt, freed.map((lot) => ({ lotId: lot.lotId, points: lot.remaining })));
}

function limitOf(command: EarnPoints, wallet: Wallet): Refusal | undefined {
  if (command.lots.length > LOTS_PER_EARNING_MAX) return { code: 'limitReached', limit: 'lotsPerEarning', max: LOTS_PER_EARNING_MAX };
  if (command.lots.length + openLots(wallet) > LOTS_OPEN_MAX) return { code: 'limitReached', limit: 'lotsOpen', max: LOTS_OPEN_MAX };
  if (command.lots.some((lot) => lot.points > POINTS_PER_LOT_MAX)) {
    return { code: 'limitReached', limit: 'pointsPerLot', max: POINTS_PER_LOT_MAX };
  }
  return memoryLimit(wallet);
}

/** Refusal when the wallet cannot remember one more effect of this period. */
export function memoryLimit(wallet: Wallet): Refusal | undefined {
  return wallet.seen.length < EFFECTS_PER_PERIOD_MAX ? undefined
    : { code: 'limitReached', limit: 'effectsPerPeriod', max: EFFECTS_PER_PERIOD_MAX };
}

function openLots(wallet: Wallet): number {
  if (wallet.lots.length <= LOTS_OPEN_MAX - LOTS_PER_EARNING_MAX) return wallet.lots.length;
  return wallet.lots.filter((lot) => lot.remaining > 0 || lot.held > 0).length;
}

function opening(occurredAt: number, context: DecisionContext): WalletOpened {
  return { type: 'WalletOpened', occurredAt, recordedAt: context.now };
}
