import type { ReverseEarning } from '../commands.ts';
import { content } from '../content.ts';
import { sumOf, type Allocation, type LostEntitlement } from '../events.ts';
import { fingerprintOf, identity, type Fingerprint } from '../identity.ts';
import type { Refusal } from '../refusals.ts';
import { cameAlong } from '../wallet/brought.ts';
import { seenBy } from '../wallet/facts.ts';
import { allocate, inSpendOrder, isSpendable } from '../wallet/spend-order.ts';
import { lotById, type Lot, type Wallet } from '../wallet/state.ts';
import { memoryLimit } from './earn.ts';
import { accept, refuse, type DecisionContext, type ReversalPolicy, type Verdict } from './verdict.ts';

/**
 * Takes back what a return says an earning was not worth (G4–G6). For each named lot, its lost entitlement is met in this order:
 *
 *  1. by what is left in that lot: had the purchase been smaller, exactly these points would not be there;
 *  2. by what that lot has already lost to time: those points would never have been there to expire, so nobody is asked for them;
 *  3. what remains was spent, is pinned by a hold, or has paid debt. It is found in the other lots of the source (pending first, then
 *     available), then in the other available lots in spend order, and what is not found becomes debt.
 *
 * So only points that were put to use can become debt. An earning that paid an older debt and is reversed makes that debt again by step 3.
 * Each step takes a minimum of running figures, hence any split of a return ends where the whole return ends.
 */
export function reverse(command: ReverseEarning, wallet: Wallet, context: DecisionContext): Verdict {
  const source = fingerprintOf(identity.earning(command.source));
  const refusal = refusalOf(command, wallet, source);
  if (refusal !== undefined) return refuse(refusal);

  const policy = context.policy.reversal;
  const own = command.lots.flatMap((part) => fromOwnLot(part, wallet, { policy, now: context.now }));
  const lots = command.lots.map((part) => lostEntitlement(part, wallet, own));
  const missing = sumOf(lots) - sumOf(own) - lots.reduce((total, lot) => total + lot.alreadyExpired, 0);
  const elsewhere = allocate(elsewhereToTake(wallet, { source, own, policy, now: context.now }), missing);
  const notFound = missing - sumOf(elsewhere);
  return accept({
    type: 'PointsReversed', occurredAt: command.occurredAt, recordedAt: context.now, source: command.source, correction: command.correction,
    content: content.ofHash(command.contentHash), lots, taken: merged([...own, ...elsewhere]),
    ...owedFor(policy === 'unlimited' ? notFound : 0, wallet), explanation: command.explanation,
  });
}

function refusalOf(command: ReverseEarning, wallet: Wallet, source: Fingerprint): Refusal | undefined {
  const name = `${command.source.kind}/${command.source.key}`;
  const known = seenBy(wallet.seen, source) !== undefined || wallet.lots.some((lot) => lot.source === source) || cameAlong(wallet, source);
  if (!known) return { code: 'sourceNotFound', source: name };
  for (const { lotId, points } of command.lots) {
    const lot = lotById(wallet, lotId);
    const left = lot?.source === source ? lot.entitled : 0;
    if (points > left) return { code: 'reversalExceedsEarning', lotId, left, requested: points };
  }
  return memoryLimit(wallet);
}

/** What nobody can give back: first the points that paid a fee, which is then due again and never debt; the rest is debt. */
function owedFor(points: number, wallet: Wallet): { feeReturned: number; debtIncurred: number } {
  const feeReturned = Math.min(points, wallet.feePaid);
  return { feeReturned, debtIncurred: points - feeReturned };
}

interface Reach { readonly policy: ReversalPolicy; readonly now: number }

function fromOwnLot(part: Allocation, wallet: Wallet, { policy, now }: Reach): Allocation[] {
  const lot = lotById(wallet, part.lotId);
  if (lot === undefined || (policy === 'onlyPending' && lot.availableFrom <= now)) return [];
  return allocate([{ lotId: lot.lotId, points: lot.remaining }], part.points);
}

function lostEntitlement(part: Allocation, wallet: Wallet, own: readonly Allocation[]): LostEntitlement {
  const lot = lotById(wallet, part.lotId);
  const beyondLot = part.points - sumOf(own.filter((taken) => taken.lotId === part.lotId));
  const lostToTime = lot === undefined ? 0 : lot.expired - lot.forgiven;
  return { lotId: part.lotId, points: part.points, alreadyExpired: Math.min(beyondLot, lostToTime) };
}

/** Where a return may look beyond the lots it names, in order. */
function elsewhereToTake(wallet: Wallet, from: Reach & { source: Fingerprint; own: readonly Allocation[] }): Allocation[] {
  const taken = new Map(from.own.map((part) => [part.lotId, part.points]));
  const left = (lot: Lot): Allocation => ({ lotId: lot.lotId, points: lot.remaining - (taken.get(lot.lotId) ?? 0) });
  const inOrder = (which: (lot: Lot) => boolean): Allocation[] => wallet.lots.filter(which).toSorted(inSpendOrder).map(left);

  const pending = inOrder((lot) => lot.source === from.source && lot.availableFrom > from.now);
  if (from.policy === 'onlyPending') return pending;
  const sameSource = inOrder((lot) => lot.source === from.source && isSpendable(lot, from.now));
  const others = inOrder((lot) => lot.source !== from.source && isSpendable(lot, from.now));
  return [...pending, ...sameSource, ...others];
}

function merged(parts: readonly Allocation[]): Allocation[] {
  const byLot = new Map<string, number>();
  for (const { lotId, points } of parts) byLot.set(lotId, (byLot.get(lotId) ?? 0) + points);
  return [...byLot].map(([lotId, points]) => ({ lotId, points }));
}
