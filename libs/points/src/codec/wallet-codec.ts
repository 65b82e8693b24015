import type { Snapshot } from '@trebol/event-store';
import { FINGERPRINT_DIGITS } from '../identity.ts';
import type { SeenEffect, Totals, Wallet } from '../wallet/state.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { readLots, writeLots } from './lots-codec.ts';
import { readSpendings, writeSpendings } from './spendings-codec.ts';

/**
 * Version of the snapshot's layout. Raise it with any change of these codecs: a snapshot of another version is ignored and the stream is
 * folded from its beginning, so old ones need no upcasting. Golden streams prove that the fold itself has not changed.
 */
export const WALLET_SNAPSHOT_VERSION = 1;

const FREEZES: readonly Wallet['frozen'][] = [null, 'spending', 'all'];
const TOTALS: readonly (keyof Totals)[] = ['issued', 'restored', 'spent', 'expired', 'reversed', 'debtIncurred', 'debtRepaid'];

/** The wallet as compact bytes: flat integers, instants as differences; about 30 bytes for each earning with one lot. */
export function encodeWallet(wallet: Wallet): Snapshot {
  const out = new ByteWriter();
  out.unsigned(wallet.period);
  out.unsigned(wallet.revision);
  out.unsigned(wallet.recordedAt);
  out.unsigned((wallet.opened ? 1 : 0) + (wallet.closed ? 2 : 0) + 4 * FREEZES.indexOf(wallet.frozen));
  out.unsigned(wallet.debt);
  out.unsigned(wallet.feeDue);
  for (const name of TOTALS) out.unsigned(wallet.totals[name]);
  writeSeen(out, wallet.seen);
  writeLots(out, wallet);
  writeSpendings(out, wallet);
  return { schemaVersion: WALLET_SNAPSHOT_VERSION, bytes: out.finish() };
}

/** The wallet of a snapshot; undefined when its layout is of another version (fold the stream from its beginning). */
export function decodeWallet(snapshot: Snapshot): Wallet | undefined {
  if (snapshot.schemaVersion !== WALLET_SNAPSHOT_VERSION) return undefined;
  const from = new ByteReader(snapshot.bytes);
  const period = from.unsigned();
  const revision = from.unsigned();
  const recordedAt = from.unsigned();
  const flags = from.unsigned();
  const debt = from.unsigned();
  const feeDue = from.unsigned();
  const totals = {} as Record<keyof Totals, number>;
  for (const name of TOTALS) totals[name] = from.unsigned();
  const seen = readSeen(from);
  const lots = readLots(from, seen);
  const spendings = readSpendings(from, { lots, seen });
  from.end();
  return {
    period, revision, recordedAt, opened: (flags & 1) !== 0, closed: (flags & 2) !== 0, frozen: FREEZES[flags >> 2] ?? null,
    debt, feeDue, lots, spendings, seen, totals,
  };
}

/** All fingerprints in one block: one call turns it into text, whatever their number. */
function writeSeen(out: ByteWriter, seen: readonly SeenEffect[]): void {
  out.unsigned(seen.length);
  let digits = '';
  for (const effect of seen) digits += effect.fingerprint + effect.content;
  out.hex(digits);
  let revision = 0;
  for (const effect of seen) {
    out.unsigned(effect.revision - revision);
    revision = effect.revision;
  }
}

function readSeen(from: ByteReader): SeenEffect[] {
  const count = from.unsigned();
  const digits = from.hex(count * 2 * FINGERPRINT_DIGITS);
  const seen: SeenEffect[] = [];
  let revision = 0;
  for (let at = 0; at < digits.length; at += 2 * FINGERPRINT_DIGITS) {
    revision += from.unsigned();
    const middle = at + FINGERPRINT_DIGITS;
    seen.push({ fingerprint: digits.slice(at, middle), content: digits.slice(middle, middle + FINGERPRINT_DIGITS), revision });
  }
  return seen;
}
