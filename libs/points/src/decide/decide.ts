import type { PointsCommand } from '../commands.ts';
import type { WalletEvent } from '../events.ts';
import { fingerprintOf, identity } from '../identity.ts';
import { settle } from '../wallet/due.ts';
import { evolve } from '../wallet/evolve.ts';
import { spendingBy, type Wallet } from '../wallet/state.ts';
import { adjust } from './adjust.ts';
import { chargeFee, waiveFee } from './card-fee.ts';
import { earn, open } from './earn.ts';
import { extend } from './extend.ts';
import { forfeit, freeze, unfreeze } from './freeze.ts';
import { gate } from './gate.ts';
import { guardCommand } from './guard-command.ts';
import { captureHold, lapseHold, placeHold, releaseHold } from './hold.ts';
import { close, moveIn, moveOut } from './merge.ts';
import { cancelRedemption, redeem } from './redeem.ts';
import { reverse } from './reverse.ts';
import { sameness } from './sameness.ts';
import { receive, send, takeBack } from './transfer.ts';
import { accept, type Accepted, type Decision, type DecisionContext, type Verdict } from './verdict.ts';

/**
 * What a command does to a wallet at an instant. Pure: the same arguments give the same decision for ever.
 *
 * In this order: was it done before; does the wallet take it; bring the wallet up to the instant (`settle`); the command's own rule;
 * and once more what that made due at once (points let go of a lot that lapsed). Throws RangeError on figures no caller may send.
 */
export function decide(command: PointsCommand, wallet: Wallet, given: DecisionContext): Decision {
  guardCommand(command);
  const context = { ...given, now: Math.max(given.now, wallet.recordedAt) };
  const before = sameness(command, wallet, context);
  if (before !== undefined) return before;
  const closed = gate(command, wallet, context.policy);
  if (closed !== undefined) return { verdict: 'refused', refusal: closed, seenAt: null };

  const due = settle(wallet, { until: bookedUntil(command, wallet, context.now), recordedAt: context.now });
  const verdict = rule(command, due.wallet, context);
  return verdict.verdict === 'refused' ? { ...verdict, seenAt: null } : accepted(verdict, { command, ...due }, context.now);
}

/** The rule of each command, on a settled wallet. */
function rule(command: PointsCommand, wallet: Wallet, context: DecisionContext): Verdict {
  switch (command.type) {
    case 'OpenWallet': return open(command, wallet, context);
    case 'EarnPoints': return earn(command, wallet, context);
    case 'ReverseEarning': return reverse(command, wallet, context);
    case 'PlaceHold': return placeHold(command, wallet, context);
    case 'CaptureHold': return captureHold(command, wallet, context);
    case 'ReleaseHold': return releaseHold(command, wallet, context);
    case 'LapseHold': return lapseHold(command, wallet, context);
    case 'RedeemPoints': return redeem(command, wallet, context);
    case 'CancelRedemption': return cancelRedemption(command, wallet, context);
    case 'ExpireLots':
    case 'ActivateLots': return accept();
    case 'AdjustPoints': return adjust(command, wallet, context);
    case 'ChargeCardFee': return chargeFee(command, wallet, context);
    case 'WaiveCardFee': return waiveFee(command, wallet, context);
    case 'ExtendPoints': return extend(command, wallet, context);
    case 'FreezeWallet': return freeze(command, wallet, context);
    case 'UnfreezeWallet': return unfreeze(command, wallet, context);
    case 'ForfeitPoints': return forfeit(command, wallet, context);
    case 'SendPoints': return send(command, wallet, context);
    case 'ReceivePoints': return receive(command, wallet, context);
    case 'TakeBackPoints': return takeBack(command, wallet, context);
    case 'MoveLotsOut': return moveOut(command, wallet, context);
    case 'MoveLotsIn': return moveIn(command, wallet, context);
    case 'CloseWallet': return close(command, wallet, context);
    default: {
      const unknown: never = command;
      throw new Error(`No rule for the command ${JSON.stringify((unknown as { type?: unknown }).type)}`);
    }
  }
}

/**
 * How far time is booked with a command: up to the decision. The commands that only book go no further than they say, and never beyond
 * the clock. Time cannot be booked in pieces, so each of the three books all that is due by its instant, in order.
 */
function bookedUntil(command: PointsCommand, wallet: Wallet, now: number): number {
  switch (command.type) {
    case 'ExpireLots':
    case 'ActivateLots': return Math.min(command.asOf, now);
    case 'LapseHold': return Math.min(spendingBy(wallet, fingerprintOf(identity.spending(command.holdId)))?.expiresAt ?? 0, now);
    case 'OpenWallet':
    case 'EarnPoints':
    case 'ReverseEarning':
    case 'PlaceHold':
    case 'CaptureHold':
    case 'ReleaseHold':
    case 'RedeemPoints':
    case 'CancelRedemption':
    case 'AdjustPoints':
    case 'ChargeCardFee':
    case 'WaiveCardFee':
    case 'ExtendPoints':
    case 'FreezeWallet':
    case 'UnfreezeWallet':
    case 'ForfeitPoints':
    case 'SendPoints':
    case 'ReceivePoints':
    case 'TakeBackPoints':
    case 'MoveLotsOut':
    case 'MoveLotsIn':
    case 'CloseWallet': return now;
  }
}

function accepted(
  verdict: Accepted, due: { command: PointsCommand; wallet: Wallet; events: readonly WalletEvent[] }, now: number,
): Decision {
  const { events, before = [] } = verdict;
  const time = due.events.length;
  if (events.length === 0) {
    return { verdict: 'accepted', events: due.events, own: askedOfTime(due.command, due.events), wallet: due.wallet, due: time, after: 0 };
  }
  const decided = [...before, ...events].reduce(evolve, due.wallet);
  const after = settle(decided, { until: now, recordedAt: now, notBefore: now });
  const own = [...events, ...after.events];
  return {
    verdict: 'accepted', events: [...due.events, ...before, ...own], own, wallet: after.wallet, due: time, after: after.events.length,
  };
}

/** What a command that leaves it to time was about: whoever books what is due, all of it; whoever lets a hold go, that hold. */
function askedOfTime(command: PointsCommand, due: readonly WalletEvent[]): readonly WalletEvent[] {
  if (command.type === 'ExpireLots' || command.type === 'ActivateLots') return due;
  const holdId = 'holdId' in command ? command.holdId : undefined;
  return due.filter((event) => event.type === 'HoldReleased' && event.holdId === holdId);
}
