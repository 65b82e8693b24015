import type { MovedLot } from './commands.ts';
import type { CareEvent } from './events-of-care.ts';
import type { MovingEvent } from './events-of-moving.ts';
import { sumOf, type Owed, type WalletEvent } from './events.ts';
import type { Effect } from './ledger.ts';

/** Nothing happened. */
export const NO_EFFECT: Effect = {
  granted: 0, reversed: 0, debtIncurred: 0, debtRepaid: 0, feeRecovered: 0, spent: 0, held: 0, restored: 0, expired: 0, allocations: [],
};

/** What a command's own events did together. `allocations` are those of the first event that names lots. */
export function effectOf(events: readonly WalletEvent[]): Effect {
  const [first] = events;
  if (first !== undefined && events.length === 1) return effectOfEvent(first);
  return events.map(effectOfEvent).reduce(together, NO_EFFECT);
}

/** What one event did. */
export function effectOfEvent(event: WalletEvent): Effect {
  switch (event.type) {
    case 'BooksClosed':
    case 'BooksOpened':
    case 'WalletOpened': return NO_EFFECT;
    case 'PointsEarned':
      return { ...NO_EFFECT, granted: sumOf(event.lots), ...owed(event), allocations: plain(event.lots) };
    case 'PointsReversed':
      return {
        ...NO_EFFECT, reversed: sumOf(event.taken) + event.feeReturned + event.debtIncurred, debtIncurred: event.debtIncurred,
        allocations: event.taken, ...(event.feeReturned === 0 ? {} : { feeReturned: event.feeReturned }),
      };
    case 'HoldPlaced': return { ...NO_EFFECT, held: sumOf(event.allocations), allocations: event.allocations, expiresAt: event.expiresAt };
    case 'HoldCaptured':
      return {
        ...NO_EFFECT, spent: sumOf(event.spent), restored: sumOf(event.returned), ...owed(event),
        allocations: event.spent,
      };
    case 'HoldReleased':
      return { ...NO_EFFECT, restored: sumOf(event.returned), ...owed(event), allocations: event.returned };
    case 'PointsRedeemed': return { ...NO_EFFECT, spent: sumOf(event.allocations), allocations: event.allocations };
    case 'RedemptionCancelled':
      return { ...NO_EFFECT, restored: sumOf(event.restored), ...owed(event), allocations: plain(event.restored) };
    case 'PointsExpired': return { ...NO_EFFECT, expired: event.points, allocations: plain([event]) };
    case 'PointsActivated': return { ...NO_EFFECT, ...owed(event) };
    case 'PointsAdjusted':
    case 'CardFeeCharged':
    case 'CardFeeWaived':
    case 'PointsExtended':
    case 'WalletFrozen':
    case 'WalletUnfrozen':
    case 'PointsForfeited': return effectOfCare(event);
    case 'PointsSent':
    case 'PointsReceived':
    case 'PointsTakenBack':
    case 'LotsMovedOut':
    case 'LotsMovedIn':
    case 'WalletClosed': return effectOfMoving(event);
  }
}

function effectOfCare(event: CareEvent): Effect {
  switch (event.type) {
    case 'PointsAdjusted':
      return event.granted === null ? { ...NO_EFFECT, deducted: sumOf(event.taken), allocations: event.taken }
        : { ...NO_EFFECT, granted: event.granted.points, ...owed(event), allocations: plain([event.granted]) };
    case 'CardFeeCharged':
      return { ...NO_EFFECT, feeCharged: event.points, feeRecovered: sumOf(event.feeRecovered), allocations: event.feeRecovered };
    case 'CardFeeWaived': return { ...NO_EFFECT, feeWaived: event.points };
    case 'PointsForfeited':
      return {
        ...NO_EFFECT, forfeited: sumOf(event.lots), debtWrittenOff: event.debtWrittenOff, feeWaived: event.feeWaived,
        allocations: event.lots,
      };
    case 'PointsExtended':
    case 'WalletFrozen':
    case 'WalletUnfrozen': return NO_EFFECT;
  }
}

function effectOfMoving(event: MovingEvent): Effect {
  switch (event.type) {
    case 'PointsSent': return { ...NO_EFFECT, sent: sumOf(event.lots), allocations: plain(event.lots), lots: event.lots };
    case 'PointsReceived': return { ...NO_EFFECT, received: sumOf(event.lots), ...owed(event), allocations: plain(event.lots) };
    case 'PointsTakenBack': return { ...NO_EFFECT, restored: sumOf(event.returned), ...owed(event), allocations: event.returned };
    case 'LotsMovedOut': return { ...NO_EFFECT, sent: pointsOf(event.contents.lots), contents: event.contents };
    case 'LotsMovedIn': return { ...NO_EFFECT, received: pointsOf(event.lots), ...owed(event) };
    case 'WalletClosed': return NO_EFFECT;
  }
}

const owed = (event: Owed): Pick<Effect, 'debtRepaid' | 'feeRecovered'> =>
  ({ debtRepaid: sumOf(event.debtRepaid), feeRecovered: sumOf(event.feeRecovered) });

/** Points of a merge's lots, held ones too. */
export function pointsOf(lots: readonly MovedLot[]): number {
  return lots.reduce((total, lot) => total + lot.points + lot.held, 0);
}

function plain(parts: readonly { readonly lotId: string; readonly points: number }[]): { lotId: string; points: number }[] {
  return parts.map(({ lotId, points }) => ({ lotId, points }));
}

/** Only `PointsExpired` ever follows a command's first event, or `WalletOpened` goes before it: what one of them lacks is the other's. */
function together(a: Effect, b: Effect): Effect {
  return {
    ...a, ...b,
    granted: a.granted + b.granted, reversed: a.reversed + b.reversed, debtIncurred: a.debtIncurred + b.debtIncurred,
    debtRepaid: a.debtRepaid + b.debtRepaid, feeRecovered: a.feeRecovered + b.feeRecovered, spent: a.spent + b.spent, held: a.held + b.held,
    restored: a.restored + b.restored, expired: a.expired + b.expired,
    allocations: a.allocations.length > 0 ? a.allocations : b.allocations,
  };
}
