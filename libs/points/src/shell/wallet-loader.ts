import type { EventStore, Lane, Snapshot, StreamName, StreamTail } from '@trebol/event-store';
import { openBooks } from '../books/open-books.ts';
import { decodeLater } from '../codec/wallet-codec.ts';
import { applyRecorded, foldWallet } from '../fold.ts';
import { emptyWallet, type Wallet } from '../wallet/state.ts';
import { FIRST_PERIOD, walletStream, type WalletId } from '../wallet-id.ts';
import type { Plan } from './plan.ts';
import type { WalletCache } from './wallet-cache.ts';

/** A wallet by the name of its first stream: the key everything in this process knows it by, whatever period it is in. */
export interface Keyed {
  readonly stream: StreamName;
  readonly wallet: WalletId;
}

export interface Loaded {
  /**
   * Unpacks the wallet; undefined where that takes another read of the store. Left to the moment it is decided on: thousands of unpacked
   * wallets at once would outlive the young generation.
   */
  readonly unpackNow: () => Wallet | undefined;
  /** The same whatever it takes: books closed meanwhile, a snapshot of another layout. */
  readonly unpack: () => Promise<Wallet>;
  /** True when it comes from memory and may be behind the store. */
  readonly cached: boolean;
}

/** The period a wallet should be in by the calendar: where to look first, never what is true. */
export type PeriodAt = (wallet: WalletId) => number;

type Tails = ReadonlyMap<StreamName, StreamTail>;

/** Wallets from memory where it has them, the others in one read of the store. */
export class WalletLoader {
  private readonly store: EventStore;
  private readonly cache: WalletCache;
  private readonly periodAt: PeriodAt;

  constructor(store: EventStore, cache: WalletCache, periodAt: PeriodAt) {
    this.store = store;
    this.cache = cache;
    this.periodAt = periodAt;
  }

  async load(wallets: readonly Keyed[], lane: Lane): Promise<ReadonlyMap<StreamName, Loaded>> {
    const loaded = new Map<StreamName, Loaded>();
    const missing: Keyed[] = [];
    for (const keyed of wallets) {
      const known = this.cache.get(keyed.stream);
      if (known === undefined) missing.push(keyed);
      else loaded.set(keyed.stream, new Cached(known.snapshot));
    }
    if (missing.length === 0) return loaded;
    const tails = await this.store.load(missing.flatMap((keyed) => this.candidates(keyed)));
    for (const keyed of missing) {
      loaded.set(keyed.stream, {
        unpackNow: () => this.openNow(keyed, tails), unpack: async () => this.current(keyed, { tails, lane }), cached: false,
      });
    }
    return loaded;
  }

  /** The wallet as the store has it now, never from memory (G12). */
  async loadFresh(wallet: WalletId, lane: Lane): Promise<Wallet> {
    const keyed = { stream: walletStream(wallet), wallet };
    return this.current(keyed, { tails: await this.store.load(this.candidates(keyed)), lane });
  }

  /** Remembers a wallet after its append; the bytes are those of the snapshot, made once. */
  keep(stream: StreamName, { snapshot, revision }: Plan): void {
    if (snapshot !== undefined) this.cache.put(stream, { revision, snapshot });
  }

  forget(stream: StreamName): void {
    this.cache.forget(stream);
  }

  /** Latest first. A wallet whose books are up to date is in the calendar's period, or in its first when it is younger than that. */
  private candidates({ stream, wallet }: Keyed): StreamName[] {
    const expected = this.periodAt(wallet);
    const periods = [expected, expected - 1].filter((period) => period > FIRST_PERIOD);
    return [...periods.map((period) => walletStream(wallet, period)), stream];
  }

  /** The wallet of a stream that is still open, where its snapshot can be read. */
  private openNow(keyed: Keyed, tails: Tails): Wallet | undefined {
    const tail = tails.get(this.found(keyed, tails));
    const wallet = tail === undefined ? emptyWallet() : foldWallet(tail);
    return (wallet?.books?.closedTo ?? null) === null ? wallet : undefined;
  }

  private found(keyed: Keyed, tails: Tails): StreamName {
    return this.candidates(keyed).find((name) => (tails.get(name)?.revision ?? 0) > 0) ?? keyed.stream;
  }

  /** Follows closed books to the stream that is open; one that should be and is not is opened here (a crash between the two). */
  private async current(keyed: Keyed, read: { readonly tails: Tails; readonly lane: Lane }): Promise<Wallet> {
    const found = this.found(keyed, read.tails);
    let wallet = await walletOf(this.store, found, read.tails.get(found));
    for (let next = wallet.books?.closedTo ?? null; next !== null; next = wallet.books?.closedTo ?? null) {
      const stream = walletStream(keyed.wallet, next);
      const tail = (await this.store.load([stream])).get(stream);
      const isOpen = tail !== undefined && tail.revision > 0;
      wallet = isOpen ? await walletOf(this.store, stream, tail)
        : await openBooks(this.store, { wallet: keyed.wallet, closed: wallet, lane: read.lane });
    }
    return wallet;
  }
}

/** A wallet from memory: snapshots there are of this version's layout. */
class Cached implements Loaded {
  readonly cached = true;
  constructor(private readonly snapshot: Snapshot) {}

  unpackNow(): Wallet {
    return decodeLater(this.snapshot) ?? emptyWallet();
  }

  async unpack(): Promise<Wallet> {
    return this.unpackNow();
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
