import type { EventStore, LogPosition, RecordedEvent, Snapshot, StreamName } from '@trebol/event-store';
import { decodeWallet, emptyWallet, encodeWallet, parseWalletStream, uponSnapshot, type Wallet, type WalletId } from '@trebol/points';
import { CannotApply } from './follow-log.ts';
import { closingOf, follow, historyOf, isClosed, walletKey } from './wallet-chain.ts';

/** A wallet in hand. */
export interface Held {
  /** Name of its first stream, whatever period it is in. */
  readonly stream: StreamName;
  readonly id: WalletId;
  state: Wallet;
  /** Number of its newest event over all periods. */
  revision: number;
  /** Position and recording time of its newest event; null as long as none came by since it was loaded. */
  position: LogPosition | null;
  recordedAt: number;
  /** The event that closed its period, until the next one is opened. */
  closing?: RecordedEvent | undefined;
  /** Second chance for eviction. */
  used: boolean;
}

/** What is kept of a wallet where its folds are written; `revision` is over all periods. */
export interface StoredWallet extends Snapshot { readonly revision: number }

/** Reads stored wallets, all in one query; those that are not there are left out. */
export type LoadWallets = (wallets: readonly { readonly stream: StreamName; readonly id: WalletId }[]) =>
  Promise<ReadonlyMap<StreamName, StoredWallet>>;

export interface FoldParts {
  readonly eventStore: EventStore;
  /** Wallets kept in memory between batches. */
  readonly walletsMax: number;
}

/**
 * Folds wallets event by event over their stored states. At most `walletsMax` of them stay in memory between batches (second
 * chance); the
 * owner writes what `changed` and then calls `settle`.
 */
export class WalletFolds {
  private readonly held = new Map<StreamName, Held>();
  private touched = new Set<Held>();

  constructor(private readonly load: LoadWallets, private readonly parts: FoldParts) {}

  /** Wallets in memory. */
  get size(): number {
    return this.held.size;
  }

  /** Loads the wallets of these events that are not in memory, with one query. */
  async prepare(events: readonly RecordedEvent[]): Promise<void> {
    const missing = new Map<StreamName, WalletId>();
    for (const event of events) {
      const key = walletKey(event.stream);
      if (this.held.has(key) || missing.has(key)) continue;
      missing.set(key, ownerOf(event));
    }
    if (missing.size > 0) await this.loadAll(missing);
    await this.recallClosings(events);
  }

  private async loadAll(missing: ReadonlyMap<StreamName, WalletId>): Promise<void> {
    const stored = await this.load([...missing].map(([stream, id]) => ({ stream, id })));
    for (const [stream, id] of missing) {
      const found = stored.get(stream);
      const state = found === undefined ? emptyWallet() : await unpack(this.parts.eventStore, id, found);
      this.held.set(stream, { stream, id, state, revision: found?.revision ?? 0, position: null, recordedAt: 0, used: true });
    }
  }

  /** Where a period was closed and the reader began anew before the next was opened: what closed it is read once more. */
  private async recallClosings(events: readonly RecordedEvent[]): Promise<void> {
    for (const { type, stream } of events) {
      if (type !== 'BooksOpened') continue;
      const held = this.held.get(walletKey(stream));
      if (held !== undefined && isClosed(held.state)) held.closing ??= await closingOf(this.parts.eventStore, held.id, held.state);
    }
  }

  /** The state of a prepared wallet. */
  stateOf(stream: StreamName): Wallet {
    const held = this.held.get(walletKey(stream));
    if (held === undefined) throw new Error(`wallet ${stream} was not prepared`);
    return held.state;
  }

  /** Applies an event to its wallet (prepared before); undefined when it had been applied already. Throws `CannotApply`. */
  apply(event: RecordedEvent): Held | undefined {
    const held = this.held.get(walletKey(event.stream));
    if (held === undefined) throw new Error(`wallet ${event.stream} was not prepared`);
    held.used = true;
    const after = followed(held, event);
    if (after === undefined) return undefined;
    held.state = after;
    held.closing = event.type === 'BooksClosed' ? event : undefined;
    held.revision = after.revision;
    held.position = event.position;
    held.recordedAt = event.recordedAt;
    this.touched.add(held);
    return held;
  }

  /** Wallets applied to since the last `settle`. */
  changed(): Held[] {
    return [...this.touched];
  }

  /** What changed is written: it may leave memory now. */
  settle(): void {
    this.touched = new Set();
    if (this.held.size <= this.parts.walletsMax) return;
    for (const [stream, held] of this.held) {
      if (held.used) {
        held.used = false;
        continue;
      }
      this.held.delete(stream);
      if (this.held.size <= this.parts.walletsMax) return;
    }
  }

  /** Forgets everything, written or not. */
  clear(): void {
    this.held.clear();
    this.touched = new Set();
  }
}

function followed(held: Held, event: RecordedEvent): Wallet | undefined {
  try {
    return follow(held.state, event, held.closing);
  } catch (error) {
    throw new CannotApply(event, error instanceof Error ? error.message : String(error));
  }
}

function ownerOf(event: RecordedEvent): WalletId {
  const named = parseWalletStream(event.stream);
  if (named === undefined) throw new CannotApply(event, 'not the stream of a wallet');
  return named.wallet;
}

/** Lots from which a wallet keeps the bytes it was written as: a short one is written anew in less time than these bytes are worth. */
const KEEP_BYTES_LOTS_MIN = 32;

/** The wallet as bytes. A long one stays upon them: with the next commit only what came since is encoded. */
export function snapshotOf(held: Held): Snapshot {
  const snapshot = encodeWallet(held.state);
  if (held.state.lots.length >= KEEP_BYTES_LOTS_MIN) held.state = uponSnapshot(held.state, snapshot);
  return snapshot;
}

/** A stored wallet as data. One that was stored in another layout, before an upgrade, is folded from its streams once more. */
export async function unpack(store: EventStore, id: WalletId, stored: StoredWallet): Promise<Wallet> {
  const read = decodeWallet(stored);
  if (read !== undefined) return read;
  let wallet = emptyWallet();
  if (stored.revision === 0) return wallet;
  for await (const { after } of historyOf(store, id)) {
    wallet = after;
    if (wallet.revision === stored.revision) break;
  }
  return wallet;
}
