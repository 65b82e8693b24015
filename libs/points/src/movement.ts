import type { RecordedEvent } from '@trebol/event-store';
import { decodeEvent } from './codec/event-codec.ts';
import type { Source } from './commands.ts';
import { effectOfEvent, pointsOf } from './effect.ts';
import { sumOf, type WalletEvent } from './events.ts';
import type { AllocationView, Effect } from './ledger.ts';

export type MovementKind =
  | 'opened' | 'earned' | 'reversed' | 'held' | 'captured' | 'released' | 'lapsed' | 'redeemed' | 'restored' | 'expired' | 'activated'
  | 'adjusted' | 'feeCharged' | 'feeWaived' | 'extended' | 'frozen' | 'unfrozen' | 'forfeited'
  | 'sent' | 'received' | 'takenBack' | 'movedOut' | 'movedIn' | 'closed' | 'booksClosed' | 'booksOpened';

/** A stored event as others may see it: what read models, statements and `trebol.points.entry` are made from. */
export interface PublicMovement {
  readonly kind: MovementKind;
  /**
   * Change of what the member owns (available + pending + held − debt − fee due): positive when given, negative when taken, 0 when only
   * set aside, let go or become available. Over a whole stream they add up to what the member owns.
   */
  readonly points: number;
  readonly occurredAt: number;
  readonly recordedAt: number;
  /** What caused it; a redemption, a hold and a lot name themselves. */
  readonly source?: Source | undefined;
  /** Of a reversal: the earning that was corrected. */
  readonly corrects?: Source | undefined;
  /** As the command brought it, compact JSON; empty when there is none. */
  readonly explanation: string;
  readonly allocations: readonly AllocationView[];
  readonly effect: Effect;
  /** Why a person did it, as a code: of an adjustment, a freeze, a forfeiture. */
  readonly reasonCode?: string | undefined;
  /** Lots got a later last day: points came back to one that had lapsed, or the member was active. */
  readonly validityExtended: boolean;
}

/** What a recorded event of a wallet says to the world. Throws on an event this version does not know. */
export function describeEvent(recorded: RecordedEvent): PublicMovement {
  const event = decodeEvent(recorded);
  const effect = effectOfEvent(event);
  return {
    kind: kindOf(event), points: ownedChange(event), occurredAt: event.occurredAt, recordedAt: event.recordedAt, ...causeOf(event),
    explanation: 'explanation' in event ? event.explanation : '', allocations: effect.allocations, effect,
    validityExtended: extendsValidity(event), ...reasonOf(event),
  };
}

function extendsValidity(event: WalletEvent): boolean {
  if (event.type === 'PointsExtended') return event.lotIds.length > 0;
  return event.type === 'RedemptionCancelled' && event.restored.some((part) => part.extendedTo !== null);
}

function reasonOf(event: WalletEvent): Pick<PublicMovement, 'reasonCode'> {
  if (event.type === 'PointsAdjusted') return { reasonCode: event.reasonCode };
  return event.type === 'WalletFrozen' || event.type === 'PointsForfeited' ? { reasonCode: event.reason } : {};
}

function kindOf(event: WalletEvent): MovementKind {
  switch (event.type) {
    case 'WalletOpened': return 'opened';
    case 'BooksClosed': return 'booksClosed';
    case 'BooksOpened': return 'booksOpened';
    case 'PointsEarned': return 'earned';
    case 'PointsReversed': return 'reversed';
    case 'HoldPlaced': return 'held';
    case 'HoldCaptured': return 'captured';
    case 'HoldReleased': return event.reason;
    case 'PointsRedeemed': return 'redeemed';
    case 'RedemptionCancelled': return 'restored';
    case 'PointsExpired': return 'expired';
    case 'PointsActivated': return 'activated';
    case 'PointsAdjusted': return 'adjusted';
    case 'CardFeeCharged': return 'feeCharged';
    case 'CardFeeWaived': return 'feeWaived';
    case 'PointsExtended': return 'extended';
    case 'WalletFrozen': return 'frozen';
    case 'WalletUnfrozen': return 'unfrozen';
    case 'PointsForfeited': return 'forfeited';
    case 'PointsSent': return 'sent';
    case 'PointsReceived': return 'received';
    case 'PointsTakenBack': return 'takenBack';
    case 'LotsMovedOut': return 'movedOut';
    case 'LotsMovedIn': return 'movedIn';
    case 'WalletClosed': return 'closed';
  }
}

/** Paying debt or a fee changes nothing that is owned: the points and what was owed go together. */
function ownedChange(event: WalletEvent): number {
  switch (event.type) {
    case 'PointsEarned': return sumOf(event.lots);
    case 'PointsReversed': return -sumOf(event.taken) - event.feeReturned - event.debtIncurred;
    case 'HoldCaptured': return -sumOf(event.spent);
    case 'PointsRedeemed': return -sumOf(event.allocations);
    case 'RedemptionCancelled': return sumOf(event.restored);
    case 'PointsExpired': return -event.points;
    case 'PointsAdjusted': return (event.granted?.points ?? 0) - sumOf(event.taken);
    case 'CardFeeCharged': return -event.points;
    case 'CardFeeWaived': return event.points;
    case 'PointsForfeited': return event.debtWrittenOff + event.feeWaived - sumOf(event.lots);
    case 'PointsSent': return -sumOf(event.lots);
    case 'PointsReceived': return sumOf(event.lots);
    case 'PointsTakenBack': return sumOf(event.returned);
    case 'LotsMovedOut': return event.contents.debt + event.contents.feeDue - pointsOf(event.contents.lots);
    case 'LotsMovedIn': return pointsOf(event.lots) - event.debt - event.feeDue;
    case 'WalletOpened':
    case 'BooksClosed':
    case 'BooksOpened':
    case 'HoldPlaced':
    case 'HoldReleased':
    case 'PointsActivated':
    case 'PointsExtended':
    case 'WalletFrozen':
    case 'WalletUnfrozen':
    case 'WalletClosed': return 0;
  }
}

function causeOf(event: WalletEvent): Pick<PublicMovement, 'source' | 'corrects'> {
  switch (event.type) {
    case 'BooksClosed':
    case 'BooksOpened':
    case 'WalletOpened': return {};
    case 'PointsEarned':
    case 'PointsAdjusted':
    case 'CardFeeCharged':
    case 'CardFeeWaived':
    case 'PointsExtended': return { source: event.source };
    case 'PointsReversed': return { source: event.correction, corrects: event.source };
    case 'HoldPlaced':
    case 'HoldCaptured':
    case 'HoldReleased': return { source: { kind: 'hold', key: event.holdId } };
    case 'PointsRedeemed': return { source: { kind: 'redemption', key: event.redemptionId } };
    case 'RedemptionCancelled': return { source: { kind: 'cancellation', key: event.cancellationId } };
    case 'PointsExpired':
    case 'PointsActivated': return { source: { kind: 'lot', key: event.lotId } };
    case 'WalletFrozen':
    case 'WalletUnfrozen': return { source: { kind: 'freeze', key: event.freezeId } };
    case 'PointsForfeited': return { source: { kind: 'forfeiture', key: event.forfeitId } };
    case 'PointsSent':
    case 'PointsReceived':
    case 'PointsTakenBack': return { source: { kind: 'transfer', key: event.transferId } };
    case 'LotsMovedOut':
    case 'LotsMovedIn': return { source: { kind: 'merge', key: event.mergeId } };
    case 'WalletClosed': return { source: { kind: 'closing', key: event.closeId } };
  }
}
