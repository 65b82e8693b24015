import type { CaptureHold, PointsCommand, Source } from '../commands.ts';
import { checkOf, content, contentOfCommand, contentOfEvent } from '../content.ts';
import { sumOf, type WalletEvent } from '../events.ts';
import { fingerprintOf, identityOfCommand, type Fingerprint } from '../identity.ts';
import type { Refusal } from '../refusals.ts';
import { cameAlong } from '../wallet/brought.ts';
import { seenBy } from '../wallet/facts.ts';
import type { SeenEffect, Spending, Wallet } from '../wallet/state.ts';
import { spendingBy } from '../wallet/state.ts';
import type { Decision, DecisionContext } from './verdict.ts';

/**
 * Whether the command was done before: checked first, before any refusal (G7), so that a retry gets its first answer even from a wallet
 * that has been frozen, emptied or closed since. Undefined: it is new. What it says is provisional until the stream confirmed the hit.
 */
export function sameness(command: PointsCommand, wallet: Wallet, context: DecisionContext): Decision | undefined {
  switch (command.type) {
    case 'OpenWallet': return wallet.opened ? done(null) : undefined;
    case 'CaptureHold': return captured(command, wallet, holdOf(command, wallet, context));
    case 'ReleaseHold': return letGo(holdOf(command, wallet, context), ['released', 'lapsed']);
    case 'LapseHold': return letGo(holdOf(command, wallet, context), ['lapsed']);
    case 'ExpireLots':
    case 'ActivateLots': return undefined;
    case 'EarnPoints':
    case 'ReverseEarning':
    case 'PlaceHold':
    case 'RedeemPoints':
    case 'CancelRedemption':
    case 'AdjustPoints':
    case 'ChargeCardFee':
    case 'WaiveCardFee':
    case 'SendPoints':
    case 'ReceivePoints': return compared(command, wallet, context) ?? countedElsewhere(command, wallet);
    case 'ExtendPoints':
    case 'FreezeWallet':
    case 'UnfreezeWallet':
    case 'ForfeitPoints':
    case 'TakeBackPoints':
    case 'MoveLotsOut':
    case 'MoveLotsIn':
    case 'CloseWallet': return compared(command, wallet, context);
  }
}

/**
 * Whether the event that a wallet took for the same has the same whole content; the wallet remembers 16 bits of it only. Undefined: it has.
 */
export function conflictWith(event: WalletEvent, command: PointsCommand): Refusal | undefined {
  if (command.type === 'CaptureHold' && event.type === 'HoldCaptured') {
    const all = command.points === undefined && event.returned.length > 0;
    return all ? capturedBefore(command, sumOf(event.spent)) : undefined;
  }
  const [there, asked] = [contentOfEvent(event), contentOfCommand(command)];
  return there === undefined || asked === undefined || there === asked ? undefined : { code: 'sourceConflict', source: nameOf(command) };
}

/** How a refusal names the fact. */
function nameOf(command: PointsCommand): string {
  if ('correction' in command) return nameOfSource(command.correction);
  if ('source' in command) return nameOfSource(command.source);
  return identityOfCommand(command)?.split('\n')[1] ?? '';
}

const nameOfSource = (source: Source): string => `${source.kind}/${source.key}`;
const done = (revision: number | null): Decision => ({ verdict: 'alreadyDone', revision });

/** Sameness by identity and content. */
function compared(command: PointsCommand, wallet: Wallet, context: DecisionContext): Decision | undefined {
  const known = findSeen(wallet, fingerprintOf(identityOfCommand(command) ?? ''), context);
  if (known === undefined) return undefined;
  if (known.content === checkOf(contentOfCommand(command) ?? '')) return done(known.revision);
  return { verdict: 'refused', refusal: { code: 'sourceConflict', source: nameOf(command) }, seenAt: known.revision };
}

/** What gave or took points in a wallet that was merged into this one is done; its first answer is in the other one's stream. */
function countedElsewhere(command: PointsCommand, wallet: Wallet): Decision | undefined {
  if (wallet.brought.length === 0 || !cameAlong(wallet, fingerprintOf(identityOfCommand(command) ?? ''))) return undefined;
  return { verdict: 'refused', refusal: { code: 'sourceConflict', source: nameOf(command) }, seenAt: null };
}

function findSeen(wallet: Wallet, fingerprint: Fingerprint, context: DecisionContext): SeenEffect | undefined {
  return seenBy(wallet.seen, fingerprint, context.strangers);
}

function holdOf(command: PointsCommand, wallet: Wallet, context: DecisionContext): Spending | undefined {
  const hold = spendingBy(wallet, fingerprintOf(identityOfCommand(command) ?? ''));
  return hold !== undefined && context.strangers?.has(hold.closedBy) === true ? undefined : hold;
}

/**
 * A capture is the same when it asks for as much as was captured. No figure asks for all that was held: after a capture of less it is another
 * one, and refused like one (`holdClosed`).
 */
function captured(command: CaptureHold, wallet: Wallet, hold: Spending | undefined): Decision | undefined {
  if (hold?.state !== 'captured') return undefined;
  const spent = sumOf(hold.allocations);
  const same = command.points === undefined ? mayBeAllHeld(hold, spent, wallet) : command.points === spent;
  return same ? done(hold.closedBy) : { verdict: 'refused', refusal: capturedBefore(command, spent), seenAt: null };
}

/** Of what was held a wallet remembers 16 bits (and none of a hold that came with a merge): the stream has the whole figure. */
function mayBeAllHeld(hold: Spending, spent: number, wallet: Wallet): boolean {
  const placed = seenBy(wallet.seen, hold.fingerprint);
  return placed === undefined || placed.content === checkOf(content.ofPoints(spent));
}

const capturedBefore = ({ holdId }: CaptureHold, spent: number): Refusal =>
  ({ code: 'holdClosed', holdId, state: 'captured', captured: spent });

/** Who wants a hold let go is content when time has let it go already. */
function letGo(hold: Spending | undefined, states: readonly Spending['state'][]): Decision | undefined {
  return hold !== undefined && states.includes(hold.state) ? done(hold.closedBy) : undefined;
}
