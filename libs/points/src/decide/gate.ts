import type { PointsCommand } from '../commands.ts';
import type { Refusal } from '../refusals.ts';
import type { Wallet } from '../wallet/state.ts';
import type { ProgrammePolicy } from './verdict.ts';

/** What a kind of command is about: putting points to use, giving or taking them, looking after the wallet, or stating what time did. */
const USE: Readonly<Record<PointsCommand['type'], 'spends' | 'changes' | 'cares' | 'time'>> = {
  OpenWallet: 'changes', EarnPoints: 'changes', ReverseEarning: 'changes', CancelRedemption: 'changes',
  PlaceHold: 'spends', CaptureHold: 'spends', RedeemPoints: 'spends',
  ReleaseHold: 'time', LapseHold: 'time', ExpireLots: 'time', ActivateLots: 'time',
  AdjustPoints: 'changes', ChargeCardFee: 'changes', WaiveCardFee: 'changes', ExtendPoints: 'changes',
  SendPoints: 'spends', ReceivePoints: 'changes', MoveLotsIn: 'changes',
  FreezeWallet: 'cares', UnfreezeWallet: 'cares', ForfeitPoints: 'cares', TakeBackPoints: 'cares', MoveLotsOut: 'cares',
  CloseWallet: 'cares',
};

/**
 * What qualifying points are never asked for: to be put to use, to pay for a card, to come from another member. A hold cannot be placed, so
 * none has to be refused its capture; one from before its type became qualifying is a promise, and is kept.
 */
const PUTS_TO_USE: ReadonlySet<PointsCommand['type']> = new Set([
  'PlaceHold', 'RedeemPoints', 'SendPoints', 'ReceivePoints', 'ChargeCardFee',
]);

/**
 * Whether the wallet takes this kind of command at all: open, made for it, not frozen, in this order, because what will never be possible
 * is said before what is not possible now. Frozen for `spending` stops what puts points to use; frozen for `all` stops what
 * gives or takes too. What looks after a wallet (freezing, forfeiting, a transfer undone, a merge, closing) goes on until it is closed.
 * Letting a hold go and booking what time did is never stopped: it changes nothing a member could gain by.
 */
export function gate(command: PointsCommand, wallet: Wallet, policy: ProgrammePolicy): Refusal | undefined {
  const effect = USE[command.type];
  if (effect === 'time') return undefined;
  if (wallet.closed) return wallet.movedTo === null ? { code: 'walletClosed' } : { code: 'walletClosed', movedTo: wallet.movedTo };
  if (effect === 'cares') return undefined;
  if (policy.kind === 'qualifying' && PUTS_TO_USE.has(command.type)) return { code: 'pointsNotSpendable' };
  if (wallet.frozen === 'all') return { code: 'walletFrozen', mode: 'all' };
  if (wallet.frozen === 'spending' && effect === 'spends') return { code: 'walletFrozen', mode: 'spending' };
  return undefined;
}
