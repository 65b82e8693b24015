import type { EventStore, LogPosition, RecordedEvent, Snapshot, StreamName } from '@trebol/event-store';
import {
  applyRecorded, decodeWallet, emptyWallet, FIRST_PERIOD, parseWalletStream, type Wallet, type WalletId,
} from '@trebol/points';
import { CannotApply } from './follow-log.ts';

/** A wallet in hand. */
export interface Held {
  readonly stream: StreamName;
  readonly id: WalletId;
  state: Wallet;
  revision: number;
  /** Position and recording time of its newest event; null as long as none came by since it was loaded. */
  position: LogPosition | null;
  recordedAt: number;
  /** Second chance for eviction. */
  used: boolean;
}

/** What is kept of a wallet where its folds are written. */

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
      if (this.held.has(event.stream) || missing.has(event.stream)) continue;
      missing.set(event.stream, ownerOf(event));
    }
    if (missing.size === 0) return;
    const stored = await this.load([...missing].map(([stream, id]) => ({ stream, id })));
    for (const [stream, id] of missing) {
      const found = stored.get(stream);
      const state = found === undefined ? emptyWallet() : await unpack(this.parts.eventStore, stream, found);
      this.held.set(stream, { stream, id, state, revision: found?.revision ?? 0, position: null, recordedAt: 0, used: true });
    }
  }

  /** Applies an event to its wallet (prepared before); undefined when it had been applied already. Throws `CannotApply`. */
  apply(event: RecordedEvent): Held | undefined {
    const held = this.held.get(event.stream);
    if (held === undefined) throw new Error(`wallet ${event.stream} was not prepared`);
    held.used = true;
    if (event.revision <= held.revision) return undefined;
    if (event.revision !== held.revision + 1) throw new CannotApply(event, `expected revision ${held.revision + 1}`);
    try {
      held.state = applyRecorded(held.state, event);
    } catch (error) {
      throw new CannotApply(event, error instanceof Error ? error.message : String(error));
    }
    held.revision = event.revision;
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

/**
 * Whose stream it is. A wallet's next period would begin at revision 1 again, which these rows cannot hold yet: closing the
 * books is not built.
 */
function ownerOf(event: RecordedEvent): WalletId {
  const named = parseWalletStream(event.stream);
  if (named === undefined) throw new CannotApply(event, 'not the stream of a wallet');
  if (named.period !== FIRST_PERIOD) throw new CannotApply(event, `period ${named.period} is not known to this version`);
  return named.wallet;
}

/** A stored wallet as data. One that was stored in another layout, before an upgrade, is folded from its stream once more. */
export async function unpack(store: EventStore, stream: StreamName, stored: StoredWallet): Promise<Wallet> {
  const read = decodeWallet(stored);
  if (read !== undefined) return read;
  let wallet = emptyWallet();
  for await (const event of store.readStream(stream)) {
    if (event.revision > stored.revision) break;
    wallet = applyRecorded(wallet, event);
  }
  return wallet;
}
