import type { ReceivePoints, SendPoints, TakeBackPoints } from '../commands.ts';
import { content } from '../content.ts';
import type { GrantedLot } from '../events.ts';
import type { PointsReceived } from '../events-of-moving.ts';
import { fingerprintOf, identity, lotIdAt } from '../identity.ts';
import type { Refusal } from '../refusals.ts';
import { allocate, NOTHING_OWED, offerOf, payOwed, spendableLots } from '../wallet/spend-order.ts';
import { lotById, spendingBy, type Wallet } from '../wallet/state.ts';
import { acceptOpening, lotsLimit, memoryLimit, reopeningLimit } from './earn.ts';
import { shortage } from './hold.ts';
import { paying } from './paying.ts';
import { accept, refuse, type DecisionContext, type Verdict } from './verdict.ts';

/** Lets available points go to another member, in spend order. The event keeps the lots' dates: they travel with the points. */
export function send(command: SendPoints, wallet: Wallet, context: DecisionContext): Verdict {
  const refusal = sendingRefusal(command, wallet, context.now);
  if (refusal !== undefined) return refuse(refusal);
  const spendable = spendableLots(wallet, context.now);
  const dates = new Map(spendable.map((lot) => [lot.lotId, lot]));
  const lots = allocate(offerOf(spendable), command.points).flatMap(({ lotId, points }): GrantedLot[] => {
    const lot = dates.get(lotId);
    return lot === undefined ? [] : [{
      lotId, points, availableFrom: lot.availableFrom, expiresAt: lot.expiresAt, validThrough: lot.validThrough,
    }];
  });
  return accept({
    type: 'PointsSent', occurredAt: command.occurredAt, recordedAt: context.now, transferId: command.transferId, to: command.to, lots,
  });
}

/** Who owes points gives none away; in the normal form of a wallet nothing is available then, but the reason should be told. */
function sendingRefusal(command: SendPoints, wallet: Wallet, now: number): Refusal | undefined {
  if (wallet.debt > 0) return { code: 'senderInDebt', debt: wallet.debt };
  return memoryLimit(wallet) ?? shortage(wallet, command.points, now);
}

/** Takes what another member sent. It pays what this member owes before anybody can spend it, like anything that becomes free. */
export function receive(command: ReceivePoints, wallet: Wallet, context: DecisionContext): Verdict {
  const limit = arrivalLimit(wallet, command.lots.length);
  if (limit !== undefined) return refuse(limit);
  const receiving = fingerprintOf(identity.receiving(command.transferId));
  const received: PointsReceived = {
    type: 'PointsReceived', occurredAt: command.occurredAt, recordedAt: context.now, transferId: command.transferId, from: command.from,
    content: content.ofLots(command.from, command.lots), ...NOTHING_OWED,
    lots: command.lots.map(({ points, availableFrom, expiresAt, validThrough, lotId }, ordinal) => ({
      points, availableFrom, expiresAt, validThrough,
      lotId: idHere(wallet, { lotId, availableFrom, expiresAt }, lotIdAt(receiving, ordinal)),
    })),
  };
  return acceptOpening(wallet, paying(wallet, received, context.now), context);
}

/** Refusal when so many lots more do not fit, or the arrival cannot be remembered. */
export function arrivalLimit(wallet: Wallet, lots: number): Refusal | undefined {
  return lotsLimit(wallet, lots) ?? memoryLimit(wallet);
}

/**
 * A lot keeps its id. If there is one of that id here, with the same dates, it is the same lot come home and they are one; with other dates
 * (its validity was changed on one side) it gets the other id, because one lot has one last day.
 */
export function idHere(
  wallet: Wallet, lot: { readonly lotId: string; readonly availableFrom: number; readonly expiresAt: number | null }, other: string,
): string {
  const here = lotById(wallet, lot.lotId);
  return here === undefined || (here.availableFrom === lot.availableFrom && here.expiresAt === lot.expiresAt) ? lot.lotId : other;
}

/** Gives back what was sent and did not arrive, to the very lots; what has lapsed on the way expires at once, as it would have here. */
export function takeBack(command: TakeBackPoints, wallet: Wallet, context: DecisionContext): Verdict {
  const { transferId } = command;
  const sending = spendingBy(wallet, fingerprintOf(identity.sending(transferId)));
  if (sending?.state !== 'sent') return refuse({ code: 'transferNotFound', transferId });
  const returned = sending.allocations;
  const limit = reopeningLimit(wallet, returned);
  if (limit !== undefined) return refuse(limit);
  return accept({
    type: 'PointsTakenBack', occurredAt: command.occurredAt, recordedAt: context.now, transferId, returned, ...payOwed(wallet, returned),
  });
}
