import type { LotGrant, PointsCommand, Source } from '../commands.ts';
import { isLotId } from '../identity.ts';

/** Throws RangeError on what no caller may send: a programming fault, not a refusal. The HTTP layer has validated long before. */
export function guardCommand(command: PointsCommand): void {
  instant(command.occurredAt, 'occurredAt');
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
    case 'OpenWallet':
    case 'ReleaseHold':
    case 'LapseHold': return undefined;
  }
}

function guardEarning(source: Source, lots: readonly LotGrant[]): void {
  guardSource(source);
  onceEach(lots);
  for (const lot of lots) {
    points(lot.points);
    instant(lot.availableFrom, 'availableFrom');
    if (lot.expiresAt !== null) instant(lot.expiresAt, 'expiresAt');
    if ((lot.expiresAt === null) !== (lot.validThrough === null)) {
      throw new RangeError(`Lot ${lot.lotId}: expiresAt and validThrough go together`);
    }
  }
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
