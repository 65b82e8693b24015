import type {
  AdjustPoints, ChargeCardFee, CloseWallet, ExtendPoints, ForfeitPoints, FreezeWallet, MoveLotsIn, MoveLotsOut, ReceivePoints, SendPoints,
  TakeBackPoints, TransferredLot, UnfreezeWallet, WaiveCardFee, WalletContents,
} from '../commands.ts';
import { lot, t, THROUGH, ticket, utc, type LotWish, type When } from './commands.ts';

/** Short ways to say the commands of those who look after wallets, and of points that go to another one. */
const header = (commandId: string, at: When = '2026-02-10T12:00:00Z') => ({ commandId, occurredAt: t(at) });
const desk = (key: string) => ({ kind: 'desk', key });

export function adjust(key: string, points: number, dates: Omit<LotWish, 'points'> = {}, reasonCode = 'goodwill'): AdjustPoints {
  const { availableFrom, expiresAt, validThrough } = lot(ticket(key), 0, { points: Math.abs(points), ...dates });
  return {
    type: 'AdjustPoints', ...header(`adjust ${key}`), source: desk(key), points, reasonCode, by: 'operator-7',
    ...(points > 0 ? { lot: { availableFrom, expiresAt, validThrough } } : {}),
  };
}

export const charge = (key: string, points: number): ChargeCardFee =>
  ({ type: 'ChargeCardFee', ...header(`charge ${key}`), source: desk(key), points });
export const waive = (key: string, points?: number): WaiveCardFee =>
  ({ type: 'WaiveCardFee', ...header(`waive ${key}`), source: desk(key), points });
export const extend = (key: string, validThrough: string = THROUGH): ExtendPoints =>
  ({ type: 'ExtendPoints', ...header(`extend ${key}`), source: ticket(key), validThrough, expiresAt: utc.endOfDay(validThrough) });

export const freeze = (freezeId: string, mode: FreezeWallet['mode'] = 'all'): FreezeWallet =>
  ({ type: 'FreezeWallet', ...header(`freeze ${freezeId}`), freezeId, mode, reason: 'review' });
export const unfreeze = (freezeId: string): UnfreezeWallet => ({ type: 'UnfreezeWallet', ...header(`unfreeze ${freezeId}`), freezeId });
export const forfeit = (forfeitId: string, reason: ForfeitPoints['reason'] = 'closure'): ForfeitPoints =>
  ({ type: 'ForfeitPoints', ...header(`forfeit ${forfeitId}`), forfeitId, reason });

export const send = (transferId: string, points: number, to = 'bea'): SendPoints =>
  ({ type: 'SendPoints', ...header(`send ${transferId}`), transferId, points, to });
export const receive = (transferId: string, lots: readonly TransferredLot[], from = 'ana'): ReceivePoints =>
  ({ type: 'ReceivePoints', ...header(`receive ${transferId}`), transferId, from, lots });
export const takeBack = (transferId: string): TakeBackPoints =>
  ({ type: 'TakeBackPoints', ...header(`take back ${transferId}`), transferId });

export const moveOut = (mergeId: string, to = 'bea'): MoveLotsOut =>
  ({ type: 'MoveLotsOut', ...header(`move out ${mergeId}`), mergeId, to });
export const moveIn = (mergeId: string, contents: WalletContents, from = 'ana'): MoveLotsIn =>
  ({ type: 'MoveLotsIn', ...header(`move in ${mergeId}`), mergeId, from, contents });
export const closeWallet = (closeId: string, movedTo?: string): CloseWallet =>
  ({ type: 'CloseWallet', ...header(`close ${closeId}`), closeId, ...(movedTo === undefined ? {} : { movedTo }) });
