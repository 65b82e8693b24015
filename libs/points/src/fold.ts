import type { RecordedEvent, StreamTail } from '@trebol/event-store';
import { streamRevision } from './books/carry-over.ts';
import { decodeEvent } from './codec/event-codec.ts';
import { decodeLater } from './codec/wallet-codec.ts';
import type { PointsCommand } from './commands.ts';
import { holdsDue, kindsDue } from './wallet/due.ts';
import { evolve } from './wallet/evolve.ts';
import { emptyWallet, type Wallet } from './wallet/state.ts';

export { balanceAt, lotsOf, type LotFigures } from './wallet/balance.ts';
export { nextDueAt } from './wallet/due.ts';
export { encodeWallet, decodeWallet, uponSnapshot, WALLET_SNAPSHOT_VERSION } from './codec/wallet-codec.ts';
export { emptyWallet, type Wallet } from './wallet/state.ts';

/**
 * The wallet after one more recorded event. Throws when the event is not the next one of this wallet (a hole or a repetition) and on an
 * event this version does not know: a reader stops there and says so, it never skips.
 */
export function applyRecorded(wallet: Wallet, recorded: RecordedEvent): Wallet {
  if (recorded.revision !== streamRevision(wallet) + 1) {
    throw new Error(`${recorded.stream} is folded up to ${streamRevision(wallet)}; event ${recorded.revision} is not the next one`);
  }
  return evolve(wallet, decodeEvent(recorded));
}

/** The wallet of a stream's newest snapshot and the events after it; undefined when the snapshot is of another version and says nothing. */
export function foldWallet(tail: StreamTail): Wallet | undefined {
  const start = tail.snapshot === undefined ? emptyWallet() : decodeLater(tail.snapshot);
  return start === undefined ? undefined : tail.events.reduce(applyRecorded, start);
}

/**
 * What a job asks for so that everything due by `asOf` is on record, in the order of G10: lapse, activate, expire. Each of these commands
 * books all that is due by its own instant, in order of time, so the later ones may find nothing left to do.
 */
export function dueCommands(wallet: Wallet, asOf: number): readonly PointsCommand[] {
  const kinds = kindsDue(wallet, asOf);
  const header = (what: string) => ({ commandId: `due~${what}~${asOf}`, occurredAt: asOf });
  const commands: PointsCommand[] = holdsDue(wallet, asOf)
    .map(({ holdId }) => ({ type: 'LapseHold', holdId, ...header(`lapse~${holdId}`) }));
  if (kinds.has('activate')) commands.push({ type: 'ActivateLots', asOf, ...header('activate') });
  if (kinds.has('expire') || kinds.has('lapse')) commands.push({ type: 'ExpireLots', asOf, ...header('expire') });
  return commands;
}
