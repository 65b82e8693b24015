import type { CloseWallet, MovedHold, MovedLot, MoveLotsIn, MoveLotsOut, WalletContents } from '../commands.ts';
import { content } from '../content.ts';
import type { LotsMovedIn } from '../events-of-moving.ts';
import { fingerprintOf, identity, lotIdAt } from '../identity.ts';
import { EFFECTS_BROUGHT_MAX, HOLDS_OPEN_MAX, LOTS_MOVED_MAX } from '../limits.ts';
import type { Refusal } from '../refusals.ts';
import { countOf, effectsOf, effectsToMove } from '../wallet/brought.ts';
import { evolve } from '../wallet/evolve.ts';
import { NOTHING_OWED } from '../wallet/spend-order.ts';
import { openHolds, spendingBy, type Lot, type Wallet } from '../wallet/state.ts';
import { acceptOpening } from './earn.ts';
import { paying } from './paying.ts';
import { arrivalLimit, idHere } from './transfer.ts';
import { refuse, type DecisionContext, type Verdict } from './verdict.ts';

/** Everything leaves for another member's wallet: lots, open holds, debt and fee. Never refused for want of memory. */
export function moveOut(command: MoveLotsOut, wallet: Wallet, context: DecisionContext): Verdict {
  return acceptOpening(wallet, {
    type: 'LotsMovedOut', occurredAt: command.occurredAt, recordedAt: context.now, mergeId: command.mergeId, to: command.to,
    contents: contentsOf(wallet),
  }, context);
}

/**
 * Besides what has points, lots that a return may still name go along, the newest of them, as many as one event holds; and what happened
 * here, so that nothing of it is new there.
 */
function contentsOf(wallet: Wallet): WalletContents {
  const full = wallet.lots.filter(hasPoints);
  const spent = wallet.lots.filter((lot) => !hasPoints(lot) && lot.entitled > 0);
  const newest = new Set(spent.slice(-Math.max(1, LOTS_MOVED_MAX - full.length)));
  const holds = openHolds(wallet).map(({ holdId, expiresAt, allocations }): MovedHold => ({ holdId, expiresAt, allocations }));
  const { debt, feeDue, feePaid } = wallet;
  return {
    lots: wallet.lots.filter((lot) => hasPoints(lot) || newest.has(lot)).map(movedLot), holds, debt, feeDue, feePaid,
    effects: effectsToMove(wallet),
  };
}

const hasPoints = (lot: Lot): boolean => lot.remaining > 0 || lot.held > 0;

function movedLot(lot: Lot): MovedLot {
  const { lotId, remaining: points, held, source, granted, entitled, expired, forgiven, availableFrom, expiresAt, validThrough } = lot;
  return { lotId, points, held, source, granted, entitled, expired, forgiven, availableFrom, expiresAt, validThrough };
}

/**
 * Takes all that another wallet had. Debts and fees of both are netted: what is available pays, debt first; debt that is left stands
 * against fee that was paid, because a fee never counts as paid while there is debt.
 */
export function moveIn(command: MoveLotsIn, wallet: Wallet, context: DecisionContext): Verdict {
  const { from, mergeId } = command;
  const contents = withoutTakenIds(command.contents, wallet);
  const { effects = effectsOf(command.contents.lots, command.contents.holds) } = contents;
  const limit = arrivalLimit(wallet, contents.lots.filter((lot) => lot.points + lot.held > 0).length) ?? holdsLimit(wallet, contents)
    ?? effectsLimit(wallet, effects);
  if (limit !== undefined) return refuse(limit);
  const movingIn = fingerprintOf(identity.movingIn(mergeId));
  const idOf = new Map(contents.lots.map((lot, ordinal) => [lot.lotId, idHere(wallet, lot, lotIdAt(movingIn, ordinal))]));
  const here = <Part extends { readonly lotId: string }>(part: Part): Part => ({ ...part, lotId: idOf.get(part.lotId) ?? part.lotId });
  const { debt, feeDue, feePaid } = contents;
  const moved: LotsMovedIn = {
    type: 'LotsMovedIn', occurredAt: command.occurredAt, recordedAt: context.now, mergeId, from,
    content: content.ofContents(from, command.contents),
    lots: contents.lots.map(here), holds: contents.holds.map((hold) => ({ ...hold, allocations: hold.allocations.map(here) })),
    debt, feeDue, feePaid, feeReturned: 0, effects, ...NOTHING_OWED,
  };
  const paid = paying(wallet, moved, context.now);
  const after = evolve(wallet, paid);
  return acceptOpening(wallet, { ...paid, feeReturned: Math.min(after.debt, after.feePaid) }, context);
}

/** A hold whose id is used here already is let go, unless it comes home: of two holds of one id no till could say which it captures. */
function withoutTakenIds(contents: WalletContents, wallet: Wallet): WalletContents {
  const taken = contents.holds.filter(({ holdId }) => {
    const state = spendingBy(wallet, fingerprintOf(identity.spending(holdId)))?.state;
    return state !== undefined && state !== 'moved';
  });
  if (taken.length === 0) return contents;
  const freed = new Map<string, number>();
  for (const { lotId, points } of taken.flatMap((hold) => hold.allocations)) freed.set(lotId, (freed.get(lotId) ?? 0) + points);
  const lots = contents.lots.map((lot) => {
    const points = freed.get(lot.lotId) ?? 0;
    return { ...lot, points: lot.points + points, held: lot.held - points };
  });
  return { ...contents, lots, holds: contents.holds.filter((hold) => !taken.includes(hold)) };
}

function holdsLimit(wallet: Wallet, { holds }: WalletContents): Refusal | undefined {
  return openHolds(wallet).length + holds.length > HOLDS_OPEN_MAX ? { code: 'limitReached', limit: 'holdsOpen', max: HOLDS_OPEN_MAX } : undefined;
}

function effectsLimit({ brought }: Wallet, effects: string): Refusal | undefined {
  const all = brought.reduce((sum, merge) => sum + countOf(merge.effects), countOf(effects));
  return all > EFFECTS_BROUGHT_MAX ? { code: 'limitReached', limit: 'effectsBrought', max: EFFECTS_BROUGHT_MAX } : undefined;
}

/** Ends a wallet for ever, once nothing is in it and nothing is owed. */
export function close(command: CloseWallet, wallet: Wallet, context: DecisionContext): Verdict {
  const points = wallet.lots.reduce((total, lot) => total + lot.remaining + lot.held, 0);
  const { debt, feeDue } = wallet;
  if (points > 0 || debt > 0 || feeDue > 0) return refuse({ code: 'walletNotEmpty', points, debt, feeDue });
  return acceptOpening(wallet, {
    type: 'WalletClosed', occurredAt: command.occurredAt, recordedAt: context.now, closeId: command.closeId,
    movedTo: command.movedTo ?? null,
  }, context);
}
