import { sumOf, type WalletEvent } from './events.ts';
import type { Effect } from './ledger.ts';

/** Nothing happened. */
export const NO_EFFECT: Effect = {
  granted: 0, reversed: 0, debtIncurred: 0, debtRepaid: 0, feeRecovered: 0, spent: 0, held: 0, restored: 0, expired: 0, allocations: [],
};

/** What a command's own events did together. `allocations` are those of the first event that names lots. */
export function effectOf(events: readonly WalletEvent[]): Effect {
  return events.map(effectOfEvent).reduce(together, NO_EFFECT);
}

/** What one event did. */
export function effectOfEvent(event: WalletEvent): Effect {
  switch (event.type) {
    case 'WalletOpened': return NO_EFFECT;
    case 'PointsEarned':
      return { ...NO_EFFECT, granted: sumOf(event.lots), debtRepaid: sumOf(event.debtRepaid), allocations: plain(event.lots) };
    case 'PointsReversed':
      return {
        ...NO_EFFECT, reversed: sumOf(event.taken) + event.debtIncurred, debtIncurred: event.debtIncurred, allocations: event.taken,
      };
    case 'HoldPlaced': return { ...NO_EFFECT, held: sumOf(event.allocations), allocations: event.allocations, expiresAt: event.expiresAt };
    case 'HoldCaptured':
      return {
        ...NO_EFFECT, spent: sumOf(event.spent), restored: sumOf(event.returned), debtRepaid: sumOf(event.debtRepaid),
        allocations: event.spent,
      };
    case 'HoldReleased':
      return { ...NO_EFFECT, restored: sumOf(event.returned), debtRepaid: sumOf(event.debtRepaid), allocations: event.returned };
    case 'PointsRedeemed': return { ...NO_EFFECT, spent: sumOf(event.allocations), allocations: event.allocations };
    case 'RedemptionCancelled':
      return { ...NO_EFFECT, restored: sumOf(event.restored), debtRepaid: sumOf(event.debtRepaid), allocations: plain(event.restored) };
    case 'PointsExpired': return { ...NO_EFFECT, expired: event.points, allocations: plain([event]) };
    case 'PointsActivated': return { ...NO_EFFECT, debtRepaid: sumOf(event.debtRepaid) };
  }
}

function plain(parts: readonly { readonly lotId: string; readonly points: number }[]): { lotId: string; points: number }[] {
  return parts.map(({ lotId, points }) => ({ lotId, points }));
}

function together(a: Effect, b: Effect): Effect {
  const expiresAt = a.expiresAt ?? b.expiresAt;
  return {
    granted: a.granted + b.granted, reversed: a.reversed + b.reversed, debtIncurred: a.debtIncurred + b.debtIncurred,
    debtRepaid: a.debtRepaid + b.debtRepaid, feeRecovered: a.feeRecovered + b.feeRecovered, spent: a.spent + b.spent, held: a.held + b.held,
    restored: a.restored + b.restored, expired: a.expired + b.expired,
    allocations: a.allocations.length > 0 ? a.allocations : b.allocations,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
