import type { EventStore, StreamName, StreamTail } from '@trebol/event-store';
import {
  applyRecorded, decodeWallet, encodeWallet, eventsBefore, parseWalletStream, streamRevision, unaccountedPoints, violationsOf, type Wallet, type WalletId,
} from '@trebol/points';
import type { ClientBase } from 'pg';
import { BALANCE_COLUMNS, balanceValues } from '../balance-values.ts';
import { LIVE } from '../read-models.ts';
import { currentStream, historyOf } from '../wallet-chain.ts';
import type { Held } from '../wallet-folds.ts';
import { type Compared, differingRows, type RowDifference } from './compare-rows.ts';
import type { FoldedWallet } from './fold-log.ts';
import { DifferenceFound, walletText } from './report.ts';

const BALANCES: Compared = { table: LIVE.balance, columns: BALANCE_COLUMNS, key: ['tenant', 'programme', 'point_type', 'member_id'] };
/**
 * Differing rows looked at of one chunk: those that are merely newer than the end of the verified log are told apart one by
 * one.
 */
const DIFFERING_MAX = 100;

/** Wallets of one chunk, as folded. */
export type Chunk = readonly (readonly [StreamName, FoldedWallet])[];

/** A folded wallet, unpacked. */
export function unpacked(stream: StreamName, folded: FoldedWallet): Held {
  const named = parseWalletStream(stream);
  const state = decodeWallet(folded);
  if (named === undefined || state === undefined) throw new Error(`not a wallet of this version: ${stream}`);
  return {
    stream, id: named.wallet, state, revision: folded.revision, recordedAt: folded.recordedAt,
    position: { partition: folded.partition, position: folded.position }, used: false,
  };
}

/** G1 for one wallet: what was issued is accounted for, and nothing is negative. */
export function checkConservation(held: Held): void {
  const broken = violationsOf(held.state);
  if (broken.length === 0) return;
  throw new DifferenceFound({
    check: 'conservation', wallet: held.id, revision: held.revision, points: unaccountedPoints(held.state),
    message: `${walletText(held.id)} revision ${held.revision}: ${broken.join('; ')}`,
  });
}

/**
 * Compares balance rows with the folds, all columns. A row that is already further than the verified log is compared with the
 * fold carried on to it.
 */
export async function compareBalances(client: ClientBase, store: EventStore, wallets: readonly Held[]): Promise<void> {
  let expected = wallets;
  while (expected.length > 0) {
    const rows = expected.map(balanceValues);
    const columnwise = BALANCE_COLUMNS.map((column) => rows.map((row) => row[column.field]));
    const found = await differingRows(client, BALANCES, { columnwise, limit: DIFFERING_MAX });
    const newer: Held[] = [];
    for (const difference of found) {
      const held = expected[difference.at];
      if (held === undefined) continue;
      if (difference.revision === null) throw missingRow(held);
      if (difference.revision <= held.revision) throw differingRow(held, difference);
      newer.push(await carriedOn(store, held, difference.revision));
    }
    expected = newer;
  }
}

function missingRow(held: Held): DifferenceFound {
  return new DifferenceFound({
    check: 'balance', wallet: held.id, revision: held.revision,
    message: `${walletText(held.id)}: the log has revision ${held.revision}, the balance row is missing`,
  });
}

function differingRow(held: Held, { column, expected, found }: RowDifference): DifferenceFound {
  return new DifferenceFound({
    check: 'balance', wallet: held.id, revision: held.revision, field: column ?? '', expected: expected ?? 'null', found: found ?? 'null',
    message: `${walletText(held.id)} revision ${held.revision}: balance.${column} should be ${expected ?? 'null'}, is ${found ?? 'null'}`,
  });
}

/**
 * The wallet at a later revision, from its streams. Ends early where they do: then the row claims more than there is.
 */
async function carriedOn(store: EventStore, held: Held, revision: number): Promise<Held> {
  const further = { ...held };
  for await (const { event, after } of historyOf(store, held.id, held.state)) {
    if (after.revision > revision) break;
    further.state = after;
    further.revision = after.revision;
    further.recordedAt = event.recordedAt;
    further.position = event.position;
  }
  if (further.revision < revision) {
    throw new DifferenceFound({
      check: 'balance', wallet: held.id, revision, field: 'revision', expected: String(further.revision), found: String(revision),
      message: `${walletText(held.id)}: the balance row says revision ${revision}, the log ends at ${further.revision}`,
    });
  }
  return further;
}

/** Compares kept snapshots of the open streams with the folds; answers how many there were. */
export async function compareSnapshots(store: EventStore, wallets: readonly Held[]): Promise<number> {
  const tails = await store.load(wallets.map(({ id, state }) => currentStream(id, state)));
  let compared = 0;
  for (const held of wallets) {
    const tail = tails.get(currentStream(held.id, held.state));
    const revision = streamRevision(held.state);
    if (tail === undefined || tail.revision < revision) {
      throw new DifferenceFound({
        check: 'log', wallet: held.id, revision: held.revision,
        message: `${walletText(held.id)}: the log holds revision ${revision}, the stream says ${tail?.revision ?? 0}`,
      });
    }
    if (tail.snapshot === undefined) continue;
    compared += 1;
    const later = tail.snapshot.revision > revision;
    const folded = later ? await carriedOn(store, held, tail.snapshot.revision + eventsBefore(held.state)) : held;
    compareSnapshot(held.id, folded.state, { ...tail, snapshot: tail.snapshot });
  }
  return compared;
}

/** Compares the snapshot of one stream with what the stream folds to. */
export function compareSnapshot(id: WalletId, folded: Wallet, tail: Required<StreamTail>): void {
  const { snapshot } = tail;
  let kept = readSnapshot(id, snapshot);
  if (kept === undefined) return; // of another layout: nobody reads it
  for (const event of tail.events) {
    if (event.revision > snapshot.revision && event.revision <= streamRevision(folded)) kept = applyRecorded(kept, event);
  }
  if (Buffer.compare(encodeWallet(kept).bytes, encodeWallet(folded).bytes) === 0) return;
  const { field, expected, found } = firstDifference(folded, kept);
  throw new DifferenceFound({
    check: 'snapshot', wallet: id, revision: snapshot.revision, field, expected, found,
    message: `${walletText(id)}: snapshot of revision ${snapshot.revision}: ${field} should be ${expected}, is ${found}`,
  });
}

function readSnapshot(id: WalletId, snapshot: Required<StreamTail>['snapshot']): Wallet | undefined {
  try {
    return decodeWallet(snapshot);
  } catch (error) {
    throw new DifferenceFound({
      check: 'snapshot', wallet: id, revision: snapshot.revision,
      message: `${walletText(id)}: snapshot of revision ${snapshot.revision} cannot be read: ${String(error)}`,
    });
  }
}

const asText = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));

/** Path and values of the first difference between two wallets. */
export function firstDifference(expected: unknown, found: unknown, path = 'wallet'): { field: string; expected: string; found: string } {
  if (typeof expected === 'object' && expected !== null && typeof found === 'object' && found !== null) {
    const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
    for (const name of names) {
      const [left, right] = [Reflect.get(expected, name) as unknown, Reflect.get(found, name) as unknown];
      if (asText(left) !== asText(right)) return firstDifference(left, right, `${path}.${name}`);
    }
  }
  return { field: path, expected: asText(expected) ?? 'nothing', found: asText(found) ?? 'nothing' };
}
