import type { Snapshot } from '@trebol/event-store';
import { FINGERPRINT_DIGITS } from '../identity.ts';
import { LazyList } from '../wallet/list-of.ts';
import type { Totals, Wallet } from '../wallet/state.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { LotBytes, writeLots } from './lots-codec.ts';
import { SeenBytes, writeSeen } from './seen-codec.ts';
import { SpendingBytes, writeSpendings } from './spendings-codec.ts';
import { decodeWalletV1 } from './wallet-codec-v1.ts';

/**
 * Version of the snapshot's layout. Raise it with any change of these codecs, and keep a reader of the released one (`decodeWalletV1`): a
 * snapshot of a version nobody reads is ignored and the stream folded from its beginning. Golden snapshots prove the readers, golden
 * streams the fold.
 */
export const WALLET_SNAPSHOT_VERSION = 2;

const FREEZES: readonly Wallet['frozen'][] = [null, 'spending', 'all'];
const TOTALS: readonly (keyof Totals)[] = [
  'issued', 'restored', 'spent', 'expired', 'reversed', 'debtIncurred', 'debtRepaid', 'debtReleased', 'feeRecovered', 'feeCharged',
  'feeReleased', 'deducted', 'forfeited', 'sent', 'received', 'takenBack',
];

const writer = new ByteWriter();

/**
 * The wallet as compact bytes: flat integers, instants as differences; about 30 bytes for each earning with one lot. Equal wallets have
 * equal bytes, however they came about.
 */
export function encodeWallet(wallet: Wallet): Snapshot {
  const out = writer.emptied();
  out.unsigned(wallet.period);
  out.unsigned(wallet.revision);
  out.unsigned(wallet.recordedAt);
  out.unsigned((wallet.opened ? 1 : 0) + (wallet.closed ? 2 : 0) + 4 * FREEZES.indexOf(wallet.frozen));
  out.unsigned(wallet.debt);
  out.unsigned(wallet.feeDue);
  out.unsigned(wallet.feePaid);
  for (const name of TOTALS) out.unsigned(wallet.totals[name]);
  writeRareParts(out, wallet);
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
export function decodeLater(snapshot: Snapshot): Wallet | undefined {
  if (snapshot.schemaVersion === 1) return decodeWalletV1(snapshot.bytes);
  if (snapshot.schemaVersion !== WALLET_SNAPSHOT_VERSION) return undefined;
  const from = new ByteReader(snapshot.bytes);
  const period = from.unsigned();
  const revision = from.unsigned();
  const recordedAt = from.unsigned();
  const flags = from.unsigned();
  const debt = from.unsigned();
  const feeDue = from.unsigned();
  const feePaid = from.unsigned();
  const totals = {} as Record<keyof Totals, number>;
  for (const name of TOTALS) totals[name] = from.unsigned();
  const rare = readRareParts(from);
  const seen = new SeenBytes(from);
  const lots = new LotBytes(from, seen);
  const spendings = new SpendingBytes(from, { lots, seen });
  from.end();
  return {
    period, revision, recordedAt, opened: (flags & 1) !== 0, closed: (flags & 2) !== 0, frozen: FREEZES[flags >> 2] ?? null,
    debt, feeDue, feePaid, ...rare, lots: new LazyList(lots), spendings: new LazyList(spendings), seen: new LazyList(seen), totals,
  };
}

type RareParts = Pick<Wallet, 'movedTo' | 'freezes' | 'books'>;

/** What hardly any wallet has: a freeze, a successor, closed books. One byte each when there is none. */
function writeRareParts(out: ByteWriter, { movedTo, freezes, books }: Wallet): void {
  out.text(movedTo ?? '');
  out.unsigned(freezes.length);
  for (const freeze of freezes) {
    out.hex(freeze.fingerprint);
    out.unsigned(FREEZES.indexOf(freeze.mode));
  }
  out.unsigned(books === undefined ? 0 : books.past.length + 1);
  if (books === undefined) return;
  for (const past of books.past) {
    out.unsigned(past.period);
    out.unsigned(past.before);
    out.unsigned(past.closedAt);
  }
  out.unsigned(books.before);
  out.unsigned(books.rememberedFrom);
  out.unsigned(books.carried);
  out.unsigned(books.closedTo ?? 0);
  out.unsigned(books.hash.length / 2);
  out.hex(books.hash);
}

function readRareParts(from: ByteReader): RareParts {
  const movedTo = from.text();
  const freezes = Array.from({ length: from.unsigned() }, () => {
    const fingerprint = from.hex(FINGERPRINT_DIGITS);
    return { fingerprint, mode: FREEZES[from.unsigned()] ?? 'all' };
  });
  const parts: RareParts = { movedTo: movedTo === '' ? null : movedTo, freezes };
  const books = from.unsigned();
  if (books === 0) return parts;
  const past = Array.from({ length: books - 1 }, () => ({ period: from.unsigned(), before: from.unsigned(), closedAt: from.unsigned() }));
  const [before, rememberedFrom, carried, closedTo] = [from.unsigned(), from.unsigned(), from.unsigned(), from.unsigned()];
  const hash = from.hex(from.unsigned() * 2);
  return { ...parts, books: { before, past, rememberedFrom, carried, hash, closedTo: closedTo === 0 ? null : closedTo } };
}
