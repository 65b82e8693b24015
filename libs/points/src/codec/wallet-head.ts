import { FINGERPRINT_DIGITS } from '../identity.ts';
import type { Totals, Wallet } from '../wallet/state.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

const FREEZES: readonly Wallet['frozen'][] = [null, 'spending', 'all'];
const TOTALS: readonly (keyof Totals)[] = [
  'issued', 'restored', 'spent', 'expired', 'reversed', 'debtIncurred', 'debtRepaid', 'debtReleased', 'feeRecovered', 'feeCharged',
  'feeReleased', 'deducted', 'forfeited', 'sent', 'received', 'takenBack',
];

/** The first version of snapshots that says what merges brought. */
const VERSION_WITH_MERGES = 4;

/** A wallet without its lists. */
export type WalletHead = Omit<Wallet, 'lots' | 'spendings' | 'seen'>;

/** Everything of a wallet but its lists. */
export function writeHead(out: ByteWriter, wallet: WalletHead): void {
  out.unsigned(wallet.period);
  out.unsigned(wallet.revision);
  out.unsigned(wallet.recordedAt);
  out.unsigned((wallet.opened ? 1 : 0) + (wallet.closed ? 2 : 0) + 4 * FREEZES.indexOf(wallet.frozen));
  out.unsigned(wallet.debt);
  out.unsigned(wallet.feeDue);
  out.unsigned(wallet.feePaid);
  for (const name of TOTALS) out.unsigned(wallet.totals[name]);
  writeRareParts(out, wallet);
}

/** What `writeHead` wrote, in snapshots of this version. Those of version 2 and 3 knew nothing of what merges brought. */
export function readHead(from: ByteReader, version: number): WalletHead {
  const period = from.unsigned();
  const revision = from.unsigned();
  const recordedAt = from.unsigned();
  const flags = from.unsigned();
  const debt = from.unsigned();
  const feeDue = from.unsigned();
  const feePaid = from.unsigned();
  const totals = {} as Record<keyof Totals, number>;
  for (const name of TOTALS) totals[name] = from.unsigned();
  return {
    period, revision, recordedAt, opened: (flags & 1) !== 0, closed: (flags & 2) !== 0, frozen: FREEZES[flags >> 2] ?? null,
    debt, feeDue, feePaid, ...readRareParts(from, version), totals,
  };
}

type RareParts = Pick<Wallet, 'movedTo' | 'freezes' | 'brought' | 'books'>;

/** What hardly any wallet has: a freeze, a successor, a merge, closed books. One byte each when there is none. */
function writeRareParts(out: ByteWriter, { movedTo, freezes, brought, books }: RareParts): void {
  out.text(movedTo ?? '');
  out.unsigned(freezes.length);
  for (const freeze of freezes) {
    out.hex(freeze.fingerprint);
    out.unsigned(FREEZES.indexOf(freeze.mode));
  }
  out.unsigned(brought.length);
  for (const { at, effects } of brought) {
    out.unsigned(at);
    out.unsigned(effects.length);
    out.hex(effects);
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

function readRareParts(from: ByteReader, version: number): RareParts {
  const movedTo = from.text();
  const freezes = Array.from({ length: from.unsigned() }, () => {
    const fingerprint = from.hex(FINGERPRINT_DIGITS);
    return { fingerprint, mode: FREEZES[from.unsigned()] ?? 'all' };
  });
  const brought = version < VERSION_WITH_MERGES ? []
    : Array.from({ length: from.unsigned() }, () => ({ at: from.unsigned(), effects: from.hex(from.unsigned()) }));
  const parts: RareParts = { movedTo: movedTo === '' ? null : movedTo, freezes, brought };
  const books = from.unsigned();
  if (books === 0) return parts;
  const past = Array.from({ length: books - 1 }, () => ({ period: from.unsigned(), before: from.unsigned(), closedAt: from.unsigned() }));
  const [before, rememberedFrom, carried, closedTo] = [from.unsigned(), from.unsigned(), from.unsigned(), from.unsigned()];
  const hash = from.hex(from.unsigned() * 2);
  return { ...parts, books: { before, past, rememberedFrom, carried, hash, closedTo: closedTo === 0 ? null : closedTo } };
}
