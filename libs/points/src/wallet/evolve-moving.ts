import type { MovedHold, MovedLot } from '../commands.ts';
import type { LotsMovedIn, LotsMovedOut, PointsReceived, PointsSent, PointsTakenBack, WalletClosed } from '../events-of-moving.ts';
import { sumOf, type GrantedLot } from '../events.ts';
import { fingerprintOf, identity } from '../identity.ts';
import { broughtBy } from './brought.ts';
import { changed, counted, feeBack, give, idOf, moved, newLot, owed, paid, seen, take } from './changes.ts';
import { appended } from './list-of.ts';
import { lotById, type Lot, type Spending, type Wallet } from './state.ts';

/** How points that leave for another wallet, or arrive from one, change a wallet. */

export function sent(wallet: Wallet, event: PointsSent): Wallet {
  const spending: Spending = {
    fingerprint: idOf(event), state: 'sent', holdId: null, expiresAt: 0, closedBy: wallet.revision,
    allocations: event.lots.map(({ lotId, points }) => ({ lotId, points })), restored: 0,
  };
  const left = counted(moved(wallet, event.lots, take), { sent: sumOf(event.lots) });
  return seen({ ...left, spendings: appended(left.spendings, [spending]) }, event);
}

export function received(wallet: Wallet, event: PointsReceived): Wallet {
  const source = idOf(event);
  const arrived = event.lots.reduce((there, lot) => arrive(there, lot, { source, recordedAt: event.recordedAt }), wallet);
  return paid(seen(counted(arrived, { received: sumOf(event.lots) }), event), event);
}

/** A lot that came home, or came twice, is one lot; returns of a purchase are not asked from whom it was given to. */
function arrive(wallet: Wallet, lot: GrantedLot, by: { readonly source: string; readonly recordedAt: number }): Wallet {
  if (lotById(wallet, lot.lotId) !== undefined) {
    return changed(wallet, [lot.lotId], (there) => grown(give(there, lot.points)));
  }
  return { ...wallet, lots: appended(wallet.lots, [{ ...newLot(lot, { ...by, recorded: wallet.revision }), entitled: 0 }]) };
}

const grown = (lot: Lot): Lot => ({ ...lot, granted: Math.max(lot.granted, lot.remaining + lot.held, lot.entitled) });

export function takenBack(wallet: Wallet, event: PointsTakenBack): Wallet {
  const sending = fingerprintOf(identity.sending(event.transferId));
  const spendings = wallet.spendings.map((one): Spending =>
    one.fingerprint === sending ? { ...one, state: 'takenBack', allocations: [], closedBy: wallet.revision } : one);
  const back = counted(moved({ ...wallet, spendings }, event.returned, give), { takenBack: sumOf(event.returned) });
  return paid(seen(back, event), event);
}

const NO_FIGURES = { entitled: 0, remaining: 0, held: 0, expired: 0, forgiven: 0 } as const;

/** Nothing stays but the memory of what happened here; the lots' figures go along, so that lots that come home are not counted twice. */
export function movedOut(wallet: Wallet, event: LotsMovedOut): Wallet {
  const { debt, feeDue, feePaid, lots, spendings } = wallet;
  const points = event.contents.lots.reduce((total, lot) => total + lot.points + lot.held, 0);
  const gone = new Set(event.contents.lots.map((lot) => lot.lotId));
  const emptied: Wallet = {
    ...wallet, debt: 0, feeDue: 0, feePaid: 0,
    lots: lots.map((lot) => (gone.has(lot.lotId) ? { ...lot, ...NO_FIGURES } : lot)),
    spendings: spendings.map((one): Spending =>
      one.state === 'open' ? { ...one, state: 'moved', holdId: null, allocations: [], closedBy: wallet.revision } : one),
  };
  return seen(counted(emptied, { sent: points, debtReleased: debt, feeReleased: feeDue + feePaid }), event);
}

export function movedIn(wallet: Wallet, event: LotsMovedIn): Wallet {
  const joined = event.lots.reduce((there, lot) => join(there, lot, event.recordedAt), wallet);
  const points = event.lots.reduce((total, lot) => total + lot.points + lot.held, 0);
  const { debt, feeDue, feePaid, feeReturned } = event;
  const holdIds = new Set(event.holds.map((hold) => fingerprintOf(identity.spending(hold.holdId))));
  const comeHome = joined.spendings.filter((one) => holdIds.has(one.fingerprint));
  const both = counted({
    ...joined, debt: joined.debt + debt, feeDue: joined.feeDue + feeDue, feePaid: joined.feePaid + feePaid,
    spendings: comeHome.length === 0 ? appended(joined.spendings, event.holds.map(held))
      : [...joined.spendings.filter((one) => !comeHome.includes(one)), ...event.holds.map(held)],
  }, { received: points, debtIncurred: debt, feeCharged: feeDue + feePaid, debtReleased: feeReturned });
  const netted = feeBack(paid(seen(both, event), event), feeReturned);
  return { ...withBrought(netted, event), debt: owed('debt', netted.debt, feeReturned) };
}

/** What happened in the other wallet is remembered; contents that come home bring nothing that is not here. */
function withBrought(wallet: Wallet, { effects, recordedAt }: LotsMovedIn): Wallet {
  const own = new Set(wallet.seen.map((effect) => effect.fingerprint));
  const others = broughtBy([{ at: recordedAt, effects }]).filter((effect) => !own.has(effect)).join('');
  return others === '' ? wallet : { ...wallet, brought: [...wallet.brought, { at: recordedAt, effects: others }] };
}

function join(wallet: Wallet, lot: MovedLot, recordedAt: number): Wallet {
  const { source, held: pinned, granted, entitled, expired, forgiven } = lot;
  const figures = { granted, entitled, remaining: lot.points, held: pinned, expired, forgiven };
  if (lotById(wallet, lot.lotId) === undefined) {
    const moving = { ...newLot(lot, { source, recorded: wallet.revision, recordedAt }), ...figures };
    return { ...wallet, lots: appended(wallet.lots, [moving]) };
  }
  return changed(wallet, [lot.lotId], (there) => grown({
    ...there, source: there.entitled > 0 ? there.source : source, granted: Math.max(there.granted, granted),
    entitled: there.entitled + entitled, remaining: there.remaining + lot.points, held: there.held + pinned,
    expired: there.expired + expired, forgiven: there.forgiven + forgiven,
  }));
}

/** A hold that came with its lots. It keeps its id, so that the till can capture it here; no effect of this stream placed it. */
function held({ holdId, expiresAt, allocations }: MovedHold): Spending {
  return { fingerprint: fingerprintOf(identity.spending(holdId)), state: 'open', holdId, expiresAt, closedBy: 0, allocations, restored: 0 };
}

export function closed(wallet: Wallet, event: WalletClosed): Wallet {
  return seen({ ...wallet, closed: true, movedTo: event.movedTo }, event);
}
