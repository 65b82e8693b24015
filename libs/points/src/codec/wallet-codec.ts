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
 * Version of the snapshot's layout. Raise it with any change of these codecs, and keep a reader of the released ones (`decodeWalletV2`): a
 * snapshot of a version nobody reads is ignored and the stream folded from its beginning. Golden snapshots prove the readers, golden
 * streams the fold.
 */
export const WALLET_SNAPSHOT_VERSION = 4;

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
  if (schemaVersion === 2) return withoutMerges(decodeWalletV2(bytes));
  if (schemaVersion !== WALLET_SNAPSHOT_VERSION && schemaVersion !== VERSION_WITHOUT_MERGES) return undefined;
  const { head, lots, spendings, seen } = partsOf(new ByteReader(bytes), schemaVersion);
  const wallet: Wallet = { ...head, lots: LazyList.of(lots), spendings: LazyList.of(spendings), seen: LazyList.of(seen) };
  return schemaVersion === WALLET_SNAPSHOT_VERSION ? wallet : withoutMerges(wallet);
}

/** The same layout as today's but for what merges brought. */
const VERSION_WITHOUT_MERGES = 3;

/**
 * Snapshots of version 2 and 3 do not say what a merge brought, the streams do: where points came from another wallet, the stream is folded
 * once more. Undefined then.
 */
function withoutMerges(wallet: Wallet): Wallet | undefined {
  if (wallet.totals.received > 0) return undefined;
  const own = new Set(wallet.seen.map((effect) => effect.fingerprint));
  return wallet.lots.every((lot) => own.has(lot.source)) ? wallet : undefined;
}

/**
 * The wallet with its lists upon the bytes it was just written as: written again, these are copied and only what came since is encoded. For
 * who writes the same wallet over and over; its memory holds the bytes too.
 */
export function uponSnapshot(wallet: Wallet, snapshot: Snapshot): Wallet {
  const packed = partsOf(new ByteReader(snapshot.bytes), snapshot.schemaVersion);
  return {
    ...wallet, lots: LazyList.upon(packed.lots, wallet.lots), spendings: LazyList.upon(packed.spendings, wallet.spendings),
    seen: LazyList.upon(packed.seen, wallet.seen),
  };
}

interface Parts { readonly head: WalletHead; readonly seen: SeenBytes; readonly lots: LotBytes; readonly spendings: SpendingBytes }

function partsOf(from: ByteReader, version: number): Parts {
  const head = readHead(from, version);
  const seen = new SeenBytes(from);
  const lots = new LotBytes(from, seen);
  const spendings = new SpendingBytes(from, { lots, seen });
  from.end();
  return { head, seen, lots, spendings };
}
