import type { EventStore, StreamName, StreamTail } from '@trebol/event-store';
import { decodeWallet } from '../codec/wallet-codec.ts';
import { applyRecorded, foldWallet } from '../fold.ts';
import { emptyWallet, type Wallet } from '../wallet/state.ts';
import type { Plan } from './plan.ts';
import type { WalletCache } from './wallet-cache.ts';

export interface Loaded {
  /** Unpacks the wallet. Left to the moment it is decided on: thousands of unpacked wallets at once would outlive the young generation. */
  readonly unpack: () => Promise<Wallet>;
  /** True when it comes from memory and may be behind the store. */
  readonly cached: boolean;
}

/** Wallets from memory where it has them, the others in one read of the store. */
export class WalletLoader {
  private readonly store: EventStore;
  private readonly cache: WalletCache;

  constructor(store: EventStore, cache: WalletCache) {
    this.store = store;
    this.cache = cache;
  }

  async load(streams: readonly StreamName[]): Promise<ReadonlyMap<StreamName, Loaded>> {
    const loaded = new Map<StreamName, Loaded>();
    const missing: StreamName[] = [];
    for (const stream of streams) {
      const known = this.cache.get(stream);
      if (known === undefined) missing.push(stream);
      else loaded.set(stream, { unpack: async () => decodeWallet(known.snapshot) ?? emptyWallet(), cached: true });
    }
    if (missing.length === 0) return loaded;
    const tails = await this.store.load(missing);
    for (const stream of missing) {
      loaded.set(stream, { unpack: async () => walletOf(this.store, stream, tails.get(stream)), cached: false });
    }
    return loaded;
  }

  /** Remembers a wallet after its append; the bytes are those of the snapshot, made once. */
  keep({ append, revision }: Plan): void {
    if (append.snapshot !== undefined) this.cache.put(append.stream, { revision, snapshot: append.snapshot });
  }

  forget(stream: StreamName): void {
    this.cache.forget(stream);
  }
}

/** Folds snapshot and tail; a snapshot of another layout is passed over and the stream folded from its beginning. */
export async function walletOf(store: EventStore, stream: StreamName, tail: StreamTail | undefined): Promise<Wallet> {
  const wallet = tail === undefined ? emptyWallet() : foldWallet(tail);
  if (wallet !== undefined) return wallet;
  let folded = emptyWallet();
  for await (const recorded of store.readStream(stream)) folded = applyRecorded(folded, recorded);
  return folded;
}
