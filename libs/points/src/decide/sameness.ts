import type { CancelRedemption, CaptureHold, PointsCommand } from '../commands.ts';
import { sumOf } from '../events.ts';
import { content, fingerprintOf, identityOfCommand, type Fingerprint } from '../identity.ts';
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
    case 'EarnPoints': return compared(wallet, context, effectOf(command, content.ofHash(command.contentHash), name(command.source)));
    case 'ReverseEarning':
      return compared(wallet, context, effectOf(command, content.ofHash(command.contentHash), name(command.correction)));
    case 'PlaceHold': return compared(wallet, context, effectOf(command, content.ofPoints(command.points), command.holdId));
    case 'RedeemPoints': return compared(wallet, context, effectOf(command, content.ofPoints(command.points), command.redemptionId));
    case 'CancelRedemption': return compared(wallet, context, effectOf(command, cancellationContent(command), command.cancellationId));
    case 'AdjustPoints':
      return compared(wallet, context, effectOf(command, content.of(command.points, command.reasonCode), name(command.source)));
    case 'ChargeCardFee': return compared(wallet, context, effectOf(command, content.ofPoints(command.points), name(command.source)));
    case 'WaiveCardFee': return compared(wallet, context, effectOf(command, content.of(command.points ?? null), name(command.source)));
    case 'ExtendPoints': return compared(wallet, context, effectOf(command, content.of(command.validThrough), name(command.source)));
    case 'FreezeWallet': return compared(wallet, context, effectOf(command, content.of(command.mode), command.freezeId));
    case 'UnfreezeWallet': return compared(wallet, context, effectOf(command, content.of(), command.freezeId));
    case 'ForfeitPoints': return compared(wallet, context, effectOf(command, content.of(command.reason), command.forfeitId));
    case 'SendPoints': return compared(wallet, context, effectOf(command, content.of(command.to, command.points), command.transferId));
    case 'ReceivePoints':
      return compared(wallet, context, effectOf(command, content.ofLots(command.from, command.lots), command.transferId));
    case 'TakeBackPoints': return compared(wallet, context, effectOf(command, content.of(), command.transferId));
    case 'MoveLotsOut': return compared(wallet, context, effectOf(command, content.of(command.to), command.mergeId));
    case 'MoveLotsIn':
      return compared(wallet, context, effectOf(command, content.ofContents(command.from, command.contents), command.mergeId));
    case 'CloseWallet': return compared(wallet, context, effectOf(command, content.of(command.movedTo ?? null), command.closeId));
    case 'CaptureHold': return captured(command, holdOf(command, wallet, context));
    case 'ReleaseHold': return letGo(holdOf(command, wallet, context), ['released', 'lapsed']);
    case 'LapseHold': return letGo(holdOf(command, wallet, context), ['lapsed']);
    case 'ExpireLots':
    case 'ActivateLots': return undefined;
  }
}

const name = (source: { readonly kind: string; readonly key: string }): string => `${source.kind}/${source.key}`;
const done = (revision: number | null): Decision => ({ verdict: 'alreadyDone', revision });
const cancellationContent = (command: CancelRedemption): Fingerprint =>
  content.ofCancellation(command.redemptionId, command.points ?? null);

interface Effect { readonly fingerprint: Fingerprint; readonly content: Fingerprint; readonly name: string }

function effectOf(command: PointsCommand, ofContent: Fingerprint, called: string): Effect {
  return { fingerprint: fingerprintOf(identityOfCommand(command) ?? ''), content: ofContent, name: called };
}

function compared(wallet: Wallet, context: DecisionContext, effect: Effect): Decision | undefined {
  const known = findSeen(wallet, effect.fingerprint, context);
  if (known === undefined) return undefined;
  if (known.content === effect.content) return done(known.revision);
  return { verdict: 'refused', refusal: { code: 'sourceConflict', source: effect.name }, seenAt: known.revision };
}

function findSeen(wallet: Wallet, fingerprint: Fingerprint, context: DecisionContext): SeenEffect | undefined {
  return seenBy(wallet.seen, fingerprint, context.strangers);
}

function holdOf(command: PointsCommand, wallet: Wallet, context: DecisionContext): Spending | undefined {
  const hold = spendingBy(wallet, fingerprintOf(identityOfCommand(command) ?? ''));
  return hold === undefined || hold.state === 'redeemed' || context.strangers?.has(hold.closedBy) === true ? undefined : hold;
}

/** A capture is the same when it asks for as much as was captured; asking for another figure is a refusal (`holdClosed`). */
function captured(command: CaptureHold, hold: Spending | undefined): Decision | undefined {
  if (hold?.state !== 'captured') return undefined;
  return command.points === undefined || command.points === sumOf(hold.allocations) ? done(hold.closedBy) : undefined;
}

/** Who wants a hold let go is content when time has let it go already. */
function letGo(hold: Spending | undefined, states: readonly Spending['state'][]): Decision | undefined {
  return hold !== undefined && states.includes(hold.state) ? done(hold.closedBy) : undefined;
}
