import type { RecordedEvent } from '@trebol/event-store';
import { decodeEvent } from './codec/event-codec.ts';
import type { Source } from './commands.ts';
import { effectOfEvent } from './effect.ts';
import { sumOf, type WalletEvent } from './events.ts';
import type { AllocationView, Effect } from './ledger.ts';

export type MovementKind =
  | 'opened' | 'earned' | 'reversed' | 'held' | 'captured' | 'released' | 'lapsed' | 'redeemed' | 'restored' | 'expired' | 'activated';

/** A stored event as others may see it: what read models, statements and `trebol.points.entry` are made from. */
export interface PublicMovement {
  readonly kind: MovementKind;
  /**
   * Change of what the member owns (available + pending + held − debt): positive when given, negative when taken, 0 when only set aside,
   * let go or become available. Over a whole stream they add up to what the member owns.
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
  /** Points came back to a lot that had lapsed and got a new last day. */
  readonly validityExtended: boolean;
}

/** What a recorded event of a wallet says to the world. Throws on an event this version does not know. */
export function describeEvent(recorded: RecordedEvent): PublicMovement {
  const event = decodeEvent(recorded);
  const effect = effectOfEvent(event);
  return {
    kind: kindOf(event), points: ownedChange(event), occurredAt: event.occurredAt, recordedAt: event.recordedAt, ...causeOf(event),
    explanation: 'explanation' in event ? event.explanation : '', allocations: effect.allocations, effect,
    validityExtended: event.type === 'RedemptionCancelled' && event.restored.some((part) => part.extendedTo !== null),
  };
}

function kindOf(event: WalletEvent): MovementKind {
  switch (event.type) {
    case 'WalletOpened': return 'opened';
    case 'PointsEarned': return 'earned';
    case 'PointsReversed': return 'reversed';
    case 'HoldPlaced': return 'held';
    case 'HoldCaptured': return 'captured';
    case 'HoldReleased': return event.reason;
    case 'PointsRedeemed': return 'redeemed';
    case 'RedemptionCancelled': return 'restored';
    case 'PointsExpired': return 'expired';
    case 'PointsActivated': return 'activated';
  }
}

/** Paying debt changes nothing that is owned: the points and the debt go together. */
function ownedChange(event: WalletEvent): number {
  switch (event.type) {
    case 'PointsEarned': return sumOf(event.lots);
    case 'PointsReversed': return -sumOf(event.taken) - event.debtIncurred;
    case 'HoldCaptured': return -sumOf(event.spent);
    case 'PointsRedeemed': return -sumOf(event.allocations);
    case 'RedemptionCancelled': return sumOf(event.restored);
    case 'PointsExpired': return -event.points;
    case 'WalletOpened':
    case 'HoldPlaced':
    case 'HoldReleased':
    case 'PointsActivated': return 0;
  }
}

function causeOf(event: WalletEvent): Pick<PublicMovement, 'source' | 'corrects'> {
  switch (event.type) {
    case 'WalletOpened': return {};
    case 'PointsEarned': return { source: event.source };
    case 'PointsReversed': return { source: event.correction, corrects: event.source };
    case 'HoldPlaced':
    case 'HoldCaptured':
    case 'HoldReleased': return { source: { kind: 'hold', key: event.holdId } };
    case 'PointsRedeemed': return { source: { kind: 'redemption', key: event.redemptionId } };
    case 'RedemptionCancelled': return { source: { kind: 'cancellation', key: event.cancellationId } };
    case 'PointsExpired':
    case 'PointsActivated': return { source: { kind: 'lot', key: event.lotId } };
  }
}
