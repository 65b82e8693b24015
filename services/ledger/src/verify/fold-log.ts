import type { Checkpoint, EventStore, RecordedBatch, StreamName } from '@trebol/event-store';
import { encodeWallet, parseWalletStream, type Wallet, type WalletId } from '@trebol/points';
import { CannotApply } from '../follow-log.ts';
import { walletKey } from '../wallet-chain.ts';
import { type Held, type StoredWallet, WalletFolds } from '../wallet-folds.ts';
import { DifferenceFound } from './report.ts';

/** Events read at a time. */
const BATCH_EVENTS_MAX = 5_000;
/** Wallets kept unpacked; the others of a pass are kept in their compact form. */
const UNPACKED_WALLETS_MAX = 50_000;

/** Part of the wallets: those whose first stream's hash leaves `pass` when divided by `passes`. */
export interface Share { readonly pass: number; readonly passes: number }

export interface FoldOptions {
  readonly until: Checkpoint;
  readonly prefix: string;
  readonly share: Share;
  /** Called for each event in log order, with its wallet right after it and the state right before it. */
  readonly onEvent: (event: RecordedBatch['events'][number], after: Held, before: Wallet) => void;
  /**
   * Called after each batch with the events read so far, those of other shares too, and how far that is: the last batch may go past
   * `until` when events are still coming.
   */
  readonly onBatch: (events: number, reached: Checkpoint) => Promise<void>;
}

/** A wallet at the end of the log. */
export interface FoldedWallet extends StoredWallet {
  readonly recordedAt: number;
  readonly partition: number;
  readonly position: bigint;
}

/**
 * Reads the log once up to `until` and folds the wallets of one share from nothing, never from a snapshot or a row. Memory: the
 * compact states of
 * the share, and 50,000 unpacked. Throws `DifferenceFound` where the log itself does not fold.
 */
export async function foldLog(store: EventStore, options: FoldOptions): Promise<Map<StreamName, FoldedWallet>> {
  const packed = new Map<StreamName, FoldedWallet>();
  const folds = new WalletFolds((wallets) => Promise.resolve(new Map(wallets.flatMap(({ stream }) => {
    const found = packed.get(stream);
    return found === undefined ? [] : [[stream, found] as const];
  }))), { eventStore: store, walletsMax: UNPACKED_WALLETS_MAX });
  const pack = (): void => {
    for (const held of folds.changed()) packed.set(held.stream, foldedWallet(held));
    folds.settle();
  };
  let read = 0;
  for await (const batch of batchesUntil(store, options)) {
    const mine = options.share.passes === 1 ? batch.events
      : batch.events.filter(({ stream }) => shareOf(walletKey(stream), options.share.passes) === options.share.pass);
    await folds.prepare(mine);
    for (const event of mine) {
      const before = folds.stateOf(event.stream);
      const after = applied(() => folds.apply(event), event.stream);
      options.onEvent(event, after, before);
    }
    read += batch.events.length;
    if (folds.size > UNPACKED_WALLETS_MAX) pack();
    await options.onBatch(read, batch.checkpoint);
  }
  pack();
  return packed;
}

async function* batchesUntil(store: EventStore, { until, prefix }: FoldOptions): AsyncGenerator<RecordedBatch> {
  if (store.covers(store.start, until)) return;
  const ended = new AbortController();
  try {
    for await (const batch of store.subscribe(store.start, { batchMax: BATCH_EVENTS_MAX, signal: ended.signal, prefix })) {
      yield batch;
      if (store.covers(batch.checkpoint, until)) return;
    }
  } finally {
    ended.abort();
  }
}

function applied(apply: () => Held | undefined, stream: StreamName): Held {
  const wallet = parseWalletStream(stream)?.wallet;
  const named: { wallet?: WalletId } = wallet === undefined ? {} : { wallet };
  try {
    const after = apply();
    if (after !== undefined) return after;
  } catch (error) {
    if (!(error instanceof CannotApply)) throw error;
    throw new DifferenceFound({ check: 'fold', ...named, message: error.message });
  }
  throw new DifferenceFound({ check: 'fold', ...named, message: `${stream}: a revision comes twice in the log` });
}

function foldedWallet(held: Held): FoldedWallet {
  return {
    revision: held.revision, ...encodeWallet(held.state), recordedAt: held.recordedAt,
    partition: held.position?.partition ?? 0, position: held.position?.position ?? 0n,
  };
}

/** FNV-1a over the name: spreads streams evenly, whatever their names have in common. */
function shareOf(stream: StreamName, passes: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < stream.length; at += 1) hash = Math.imul(hash ^ stream.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % passes;
}
