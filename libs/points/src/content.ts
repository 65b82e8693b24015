import type { LotGrant, PointsCommand, WalletContents } from './commands.ts';
import { sumOf, type WalletEvent } from './events.ts';
import { FINGERPRINT_DIGITS, fingerprintOf, type Fingerprint } from './identity.ts';

/**
 * Content fingerprints: what must be equal for two requests of one identity to be the same. A hold's `expiresAt` is not part of
 * it: tills send minutes, so a retry a second later asks for another instant and still means the same hold.
 */
export const content = {
  ofHash: (contentHash: string): Fingerprint => fingerprintOf(`content\n${contentHash}`),
  ofPoints: (points: number): Fingerprint => points.toString(16).padStart(FINGERPRINT_DIGITS, '0'),
  ofCancellation: (redemptionId: string, requested: number | null): Fingerprint =>
    fingerprintOf(`content\n${redemptionId}\n${requested ?? 'all'}`),
  /** Of what the caller derives anew with each retry (instants, names of people) nothing goes in. */
  of: (...parts: readonly (string | number | null)[]): Fingerprint => fingerprintOf(`content\n${parts.join('\n')}`),
  ofLots: (from: string, lots: readonly LotGrant[]): Fingerprint =>
    content.of(from, ...lots.flatMap((lot) => [lot.lotId, lot.points, lot.availableFrom, lot.expiresAt])),
  ofContents: (from: string, { lots, holds, debt, feeDue, feePaid }: WalletContents): Fingerprint => content.of(
    content.ofLots(from, lots), ...lots.flatMap((lot) => [lot.held, lot.entitled]),
    ...holds.flatMap((hold) => [hold.holdId, hold.expiresAt]), debt, feeDue, feePaid,
  ),
} as const;

/**
 * Digits of a content that a wallet remembers, 16 bits: enough to tell nearly all conflicts at once. A wallet that says "the same" is
 * believed only when the event in the stream has the same whole content, so no conflict is missed.
 */
export const CHECK_DIGITS = 4;

/** What a wallet remembers of a content. */
export const checkOf = (whole: Fingerprint): string => whole.slice(-CHECK_DIGITS);

/** The content a command brings along; undefined where another rule says what is the same (`sameness`). */
export function contentOfCommand(command: PointsCommand): Fingerprint | undefined {
  switch (command.type) {
    case 'EarnPoints':
    case 'ReverseEarning': return content.ofHash(command.contentHash);
    case 'PlaceHold':
    case 'RedeemPoints':
    case 'ChargeCardFee': return content.ofPoints(command.points);
    case 'CancelRedemption': return content.ofCancellation(command.redemptionId, command.points ?? null);
    case 'AdjustPoints': return content.of(command.points, command.reasonCode);
    case 'WaiveCardFee': return content.of(command.points ?? null);
    case 'ExtendPoints': return content.of(command.validThrough);
    case 'FreezeWallet': return content.of(command.mode);
    case 'ForfeitPoints': return content.of(command.reason);
    case 'SendPoints': return content.of(command.to, command.points);
    case 'ReceivePoints': return content.ofLots(command.from, command.lots);
    case 'MoveLotsOut': return content.of(command.to);
    case 'MoveLotsIn': return content.ofContents(command.from, command.contents);
    case 'CloseWallet': return content.of(command.movedTo ?? null);
    case 'UnfreezeWallet':
    case 'TakeBackPoints': return content.of();
    case 'OpenWallet':
    case 'CaptureHold':
    case 'ReleaseHold':
    case 'LapseHold':
    case 'ExpireLots':
    case 'ActivateLots': return undefined;
  }
}

/** The content an event was recorded with: that of the command it answers. Undefined for events a wallet does not remember as effects. */
export function contentOfEvent(event: WalletEvent): Fingerprint | undefined {
  switch (event.type) {
    case 'PointsEarned':
    case 'PointsReversed':
    case 'PointsReceived':
    case 'LotsMovedIn': return event.content;
    case 'HoldPlaced':
    case 'PointsRedeemed': return content.ofPoints(sumOf(event.allocations));
    case 'CardFeeCharged': return content.ofPoints(event.points);
    case 'RedemptionCancelled': return content.ofCancellation(event.redemptionId, event.requested);
    case 'PointsAdjusted': return content.of((event.granted?.points ?? 0) - sumOf(event.taken), event.reasonCode);
    case 'CardFeeWaived': return content.of(event.requested);
    case 'PointsExtended': return content.of(event.validity.validThrough);
    case 'WalletFrozen': return content.of(event.mode);
    case 'PointsForfeited': return content.of(event.reason);
    case 'PointsSent': return content.of(event.to, sumOf(event.lots));
    case 'LotsMovedOut': return content.of(event.to);
    case 'WalletClosed': return content.of(event.movedTo);
    case 'WalletUnfrozen':
    case 'PointsTakenBack': return content.of();
    case 'WalletOpened':
    case 'HoldCaptured':
    case 'HoldReleased':
    case 'PointsExpired':
    case 'PointsActivated':
    case 'BooksClosed':
    case 'BooksOpened': return undefined;
  }
}
