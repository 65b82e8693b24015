import type { AdjustPoints, LotDates, LotGrant, PointsCommand, Source, WalletContents } from '../commands.ts';
import { isLotId } from '../identity.ts';
import { CAUSATION_CHARACTERS_MAX } from '../limits.ts';

/** Throws RangeError on what no caller may send: a programming fault, not a refusal. The HTTP layer has validated long before. */
export function guardCommand(command: PointsCommand): void {
  instant(command.occurredAt, 'occurredAt');
  if ((command.causationId?.length ?? 0) > CAUSATION_CHARACTERS_MAX) throw new RangeError(`causationId: ${CAUSATION_CHARACTERS_MAX} characters`);
  switch (command.type) {
    case 'EarnPoints': return guardEarning(command.source, command.lots);
    case 'ReverseEarning': return guardReversal(command.source, command.correction, command.lots);
    case 'PlaceHold':
      named(command.holdId, 'holdId');
      instant(command.expiresAt, 'expiresAt');
      return points(command.points);
    case 'RedeemPoints':
      named(command.redemptionId, 'redemptionId');
      return points(command.points);
    case 'CaptureHold':
      named(command.holdId, 'holdId');
      return command.points === undefined ? undefined : points(command.points);
    case 'CancelRedemption':
      named(command.redemptionId, 'redemptionId');
      named(command.cancellationId, 'cancellationId');
      return command.points === undefined ? undefined : points(command.points);
    case 'ExpireLots':
    case 'ActivateLots': return instant(command.asOf, 'asOf');
    case 'AdjustPoints': return guardAdjustment(command);
    case 'ChargeCardFee':
      guardSource(command.source);
      return points(command.points);
    case 'WaiveCardFee':
      guardSource(command.source);
      return command.points === undefined ? undefined : points(command.points);
    case 'ExtendPoints':
      guardSource(command.source);
      return instant(command.expiresAt, 'expiresAt');
    case 'FreezeWallet':
    case 'UnfreezeWallet': return named(command.freezeId, 'freezeId');
    case 'ForfeitPoints': return named(command.forfeitId, 'forfeitId');
    case 'SendPoints':
      named(command.transferId, 'transferId');
      named(command.to, 'to');
      return points(command.points);
    case 'ReceivePoints':
      named(command.transferId, 'transferId');
      guardLots(command.lots);
      return command.lots.length === 0 ? points(0) : undefined;
    case 'TakeBackPoints': return named(command.transferId, 'transferId');
    case 'MoveLotsOut': return named(command.mergeId, 'mergeId');
    case 'MoveLotsIn': return guardContents(command.mergeId, command.contents);
    case 'CloseWallet': return named(command.closeId, 'closeId');
    case 'OpenWallet':
    case 'ReleaseHold':
    case 'LapseHold': return undefined;
  }
}

function guardEarning(source: Source, lots: readonly LotGrant[]): void {
  guardSource(source);
  guardLots(lots);
}

function guardLots(lots: readonly LotGrant[]): void {
  onceEach(lots);
  for (const lot of lots) {
    points(lot.points);
    guardDates(lot, lot.lotId);
  }
}

function guardDates(lot: LotDates, name: string): void {
  instant(lot.availableFrom, 'availableFrom');
  if (lot.expiresAt !== null) instant(lot.expiresAt, 'expiresAt');
  if ((lot.expiresAt === null) !== (lot.validThrough === null)) throw new RangeError(`${name}: expiresAt and validThrough go together`);
}

function guardAdjustment({ source, points: change, reasonCode, by, lot }: AdjustPoints): void {
  guardSource(source);
  named(reasonCode, 'reasonCode');
  named(by, 'by');
  points(Math.abs(change));
  if ((change > 0) !== (lot !== undefined)) throw new RangeError('An adjustment names a lot\'s dates if it gives points, and only then');
  if (lot !== undefined) guardDates(lot, 'adjustment');
}

const FINGERPRINTS = /^(?:[0-9a-f]{16})*$/;

/** What the other wallet moved out; a lot without points comes for the sake of returns. */
function guardContents(mergeId: string, { lots, holds, debt, feeDue, feePaid, effects = '' }: WalletContents): void {
  named(mergeId, 'mergeId');
  if (!FINGERPRINTS.test(effects)) throw new RangeError('The effects of a wallet must be fingerprints');
  onceEach(lots);
  for (const lot of lots) {
    guardDates(lot, lot.lotId);
    figures([lot.points, lot.held, lot.granted, lot.entitled, lot.expired, lot.forgiven]);
  }
  figures([debt, feeDue, feePaid]);
  for (const hold of holds) {
    named(hold.holdId, 'holdId');
    instant(hold.expiresAt, 'expiresAt');
  }
}

function figures(values: readonly number[]): void {
  const wrong = values.find((value) => !Number.isSafeInteger(value) || value < 0);
  if (wrong !== undefined) throw new RangeError(`A figure must be whole and not negative, not ${wrong}`);
}

function guardReversal(source: Source, correction: Source, lots: readonly { readonly lotId: string; readonly points: number }[]): void {
  guardSource(source);
  guardSource(correction);
  onceEach(lots);
  for (const lot of lots) points(lot.points);
}

function guardSource(source: Source): void {
  named(source.kind, 'source.kind');
  named(source.key, 'source.key');
}

function onceEach(lots: readonly { readonly lotId: string }[]): void {
  const malformed = lots.find((lot) => !isLotId(lot.lotId));
  if (malformed !== undefined) throw new RangeError(`No lot id: "${malformed.lotId}"`);
  if (new Set(lots.map((lot) => lot.lotId)).size !== lots.length) throw new RangeError('A lot is named twice in one command');
}

function points(value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`Points must be whole and at least 1, not ${value}`);
}

function instant(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be whole milliseconds since 1970, not ${value}`);
}

function named(value: string, name: string): void {
  if (value === '' || value.includes('\n')) throw new RangeError(`${name} must be one line of text, not "${value}"`);
}
