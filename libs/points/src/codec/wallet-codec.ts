import type { Snapshot } from '@trebol/event-store';
import { LazyList } from '../wallet/list-of.ts';
import type { Wallet } from '../wallet/state.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { LotBytes, writeLots } from './lots-codec.ts';
import { SeenBytes, writeSeen } from './seen-codec.ts';
import { SpendingBytes, writeSpendings } from './spendings-codec.ts';
import { decodeWalletV1 } from './wallet-codec-v1.ts';
import { decodeWalletV2 } from './wallet-codec-v2.ts';
import { readHead, type WalletHead, writeHead } from './wallet-head.ts';

/**
 * Version of the snapshot's layout. Raise it with any change of these codecs, and keep a reader of the released one (`decodeWalletV2`): a
 * snapshot of a version nobody reads is ignored and the stream folded from its beginning. Golden snapshots prove the readers, golden
 * streams the fold.
 */
export const WALLET_SNAPSHOT_VERSION = 3;

const writer = new ByteWriter();

/**
 * The wallet as compact bytes: flat integers, instants as differences; some 16 bytes for each earning with one lot. Equal wallets have
 * equal bytes, however they came about.
 */
export function encodeWallet(wallet: Wallet): Snapshot {
  const out = writer.emptied();
  writeHead(out, wallet);
  writeSeen(out, wallet.seen);
  writeLots(out, wallet.lots, wallet.seen);
  writeSpendings(out, wallet);
  return { schemaVersion: WALLET_SNAPSHOT_VERSION, bytes: out.finish() };
}

/** The wallet of a snapshot as plain data; undefined when its layout is of another version (fold the stream from its beginning). */
export function decodeWallet(snapshot: Snapshot): Wallet | undefined {
  const wallet = decodeLater(snapshot);
  return wallet === undefined ? undefined
    : { ...wallet, lots: wallet.lots.slice(), spendings: wallet.spendings.slice(), seen: wallet.seen.slice() };
}

/** The wallet of a snapshot, its lists left packed until somebody looks into them: an award never does. */
export function decodeLater({ schemaVersion, bytes }: Snapshot): Wallet | undefined {
  if (schemaVersion === 1) return decodeWalletV1(bytes);
  if (schemaVersion === 2) return decodeWalletV2(bytes);
  if (schemaVersion !== WALLET_SNAPSHOT_VERSION) return undefined;
  const { head, lots, spendings, seen } = partsOf(new ByteReader(bytes));
  return { ...head, lots: LazyList.of(lots), spendings: LazyList.of(spendings), seen: LazyList.of(seen) };
}

/**
 * The wallet with its lists upon the bytes it was just written as: written again, these are copied and only what came since is encoded. For
 * who writes the same wallet over and over; its memory holds the bytes too.
 */
export function uponSnapshot(wallet: Wallet, snapshot: Snapshot): Wallet {
  const packed = partsOf(new ByteReader(snapshot.bytes));
  return {
    ...wallet, lots: LazyList.upon(packed.lots, wallet.lots), spendings: LazyList.upon(packed.spendings, wallet.spendings),
    seen: LazyList.upon(packed.seen, wallet.seen),
  };
}

function partsOf(from: ByteReader): { readonly head: WalletHead; readonly seen: SeenBytes; readonly lots: LotBytes; readonly spendings: SpendingBytes } {
  const head = readHead(from);
  const seen = new SeenBytes(from);
  const lots = new LotBytes(from, seen);
  const spendings = new SpendingBytes(from, { lots, seen });
  from.end();
  return { head, seen, lots, spendings };
}
