import { hash } from 'node:crypto';
import type { PointsCommand, Source } from './commands.ts';
import type { WalletEvent } from './events.ts';

/**
 * First 64 bits of a SHA-256 as 16 hexadecimal digits. A wallet remembers effects by it; a hit counts as sameness only once the stream
 * confirmed it (G7).
 */
export type Fingerprint = string;

export const FINGERPRINT_DIGITS = 16;

/** Texts whose fingerprints are remembered: one award asks for those of its source and its content four times each. */
const TEXTS_REMEMBERED = 4;
const texts: string[] = [];
const fingerprints: Fingerprint[] = [];
let oldest = 0;

/** Fingerprint of a text. */
export function fingerprintOf(text: string): Fingerprint {
  const known = fingerprints[texts.indexOf(text)];
  if (known !== undefined) return known;
  const fingerprint = hash('sha256', text, 'hex').slice(0, FINGERPRINT_DIGITS);
  texts[oldest] = text;
  fingerprints[oldest] = fingerprint;
  oldest = (oldest + 1) % TEXTS_REMEMBERED;
  return fingerprint;
}

/**
 * What a fact is known by, for ever, within its wallet. Every space of names is apart (a ticket may earn and correct at once), only a hold
 * and a redemption share one, so that `CancelRedemption` can name either.
 */
export const identity = {
  earning: (source: Source): string => `earning\n${source.kind}\n${source.key}`,
  correction: (source: Source): string => `correction\n${source.kind}\n${source.key}`,
  spending: (id: string): string => `spending\n${id}`,
  cancellation: (id: string): string => `cancellation\n${id}`,
  adjustment: (source: Source): string => `adjustment\n${source.kind}\n${source.key}`,
  fee: (source: Source): string => `fee\n${source.kind}\n${source.key}`,
  waiver: (source: Source): string => `waiver\n${source.kind}\n${source.key}`,
  extension: (source: Source): string => `extension\n${source.kind}\n${source.key}`,
  freeze: (id: string): string => `freeze\n${id}`,
  unfreeze: (id: string): string => `unfreeze\n${id}`,
  forfeiture: (id: string): string => `forfeiture\n${id}`,
  sending: (id: string): string => `sending\n${id}`,
  receiving: (id: string): string => `receiving\n${id}`,
  takingBack: (id: string): string => `takingBack\n${id}`,
  movingOut: (id: string): string => `movingOut\n${id}`,
  movingIn: (id: string): string => `movingIn\n${id}`,
  closing: (id: string): string => `closing\n${id}`,
} as const;

/** The identity a command brings along; undefined for a command that is its own check (opening, booking what is due). */
export function identityOfCommand(command: PointsCommand): string | undefined {
  switch (command.type) {
    case 'EarnPoints': return identity.earning(command.source);
    case 'ReverseEarning': return identity.correction(command.correction);
    case 'PlaceHold':
    case 'CaptureHold':
    case 'ReleaseHold':
    case 'LapseHold': return identity.spending(command.holdId);
    case 'RedeemPoints': return identity.spending(command.redemptionId);
    case 'CancelRedemption': return identity.cancellation(command.cancellationId);
    case 'AdjustPoints': return identity.adjustment(command.source);
    case 'ChargeCardFee': return identity.fee(command.source);
    case 'WaiveCardFee': return identity.waiver(command.source);
    case 'ExtendPoints': return identity.extension(command.source);
    case 'FreezeWallet': return identity.freeze(command.freezeId);
    case 'UnfreezeWallet': return identity.unfreeze(command.freezeId);
    case 'ForfeitPoints': return identity.forfeiture(command.forfeitId);
    case 'SendPoints': return identity.sending(command.transferId);
    case 'ReceivePoints': return identity.receiving(command.transferId);
    case 'TakeBackPoints': return identity.takingBack(command.transferId);
    case 'MoveLotsOut': return identity.movingOut(command.mergeId);
    case 'MoveLotsIn': return identity.movingIn(command.mergeId);
    case 'CloseWallet': return identity.closing(command.closeId);
    case 'OpenWallet':
    case 'ExpireLots':
    case 'ActivateLots': return undefined;
  }
}

/** The identity an event was recorded under: what a hit by fingerprint is compared with. */
export function identityOfEvent(event: WalletEvent): string | undefined {
  switch (event.type) {
    case 'PointsEarned': return identity.earning(event.source);
    case 'PointsReversed': return identity.correction(event.correction);
    case 'HoldPlaced':
    case 'HoldCaptured':
    case 'HoldReleased': return identity.spending(event.holdId);
    case 'PointsRedeemed': return identity.spending(event.redemptionId);
    case 'RedemptionCancelled': return identity.cancellation(event.cancellationId);
    case 'PointsAdjusted': return identity.adjustment(event.source);
    case 'CardFeeCharged': return identity.fee(event.source);
    case 'CardFeeWaived': return identity.waiver(event.source);
    case 'PointsExtended': return identity.extension(event.source);
    case 'WalletFrozen': return identity.freeze(event.freezeId);
    case 'WalletUnfrozen': return identity.unfreeze(event.freezeId);
    case 'PointsForfeited': return identity.forfeiture(event.forfeitId);
    case 'PointsSent': return identity.sending(event.transferId);
    case 'PointsReceived': return identity.receiving(event.transferId);
    case 'PointsTakenBack': return identity.takingBack(event.transferId);
    case 'LotsMovedOut': return identity.movingOut(event.mergeId);
    case 'LotsMovedIn': return identity.movingIn(event.mergeId);
    case 'WalletClosed': return identity.closing(event.closeId);
    case 'BooksClosed':
    case 'BooksOpened':
    case 'WalletOpened':
    case 'PointsExpired':
    case 'PointsActivated': return undefined;
  }
}

/**
 * Id of the nth lot (from 0) of an earning: `lot_` and 16 hexadecimal digits. It is the source's fingerprint plus the ordinal, so a
 * snapshot need not store it. Unique within a wallet; keys of tables that hold lots of many wallets must name the wallet too.
 */
export function lotIdOf(source: Source, ordinal: number): string {
  return lotIdAt(fingerprintOf(identity.earning(source)), ordinal);
}

/** `lotIdOf` for a source whose fingerprint is known. */
export function lotIdAt(source: Fingerprint, ordinal: number): string {
  if (ordinal === 0) return `lot_${source}`;
  const bits = BigInt.asUintN(64, BigInt(`0x${source}`) + BigInt(ordinal));
  return `lot_${bits.toString(16).padStart(FINGERPRINT_DIGITS, '0')}`;
}

const LOT_ID = /^lot_[0-9a-f]{16}$/;

/** True for `lot_` and 16 hexadecimal digits. */
export function isLotId(text: string): boolean {
  return LOT_ID.test(text);
}

/**
 * Id of an event: a UUID (version 8, RFC 9562) made from all that is stored of it, so that a retry recognises itself and nothing else does.
 * Identity alone would not do: two processes that spend under one redemption id, but different figures, at the same revision would both
 * be told by the store that theirs is there.
 */
export function eventIdOf(
  event: { readonly stream: string; readonly type: string; readonly recordedAt: number; readonly data: string },
): string {
  const hex = hash('sha256', `${event.stream}\n${event.type}\n${event.recordedAt}\n${event.data}`, 'hex');
  const variant = VARIANT_DIGITS[Number.parseInt(hex.charAt(16), 16) & 3] ?? '8';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Hexadecimal digits whose two upper bits are 10, by the lower two: the variant of RFC 9562. */
const VARIANT_DIGITS = '89ab';
