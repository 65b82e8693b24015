import type { EventStore } from '@trebol/event-store';
import { placeOf } from '../books/carry-over.ts';
import type { LotView, WalletReading } from '../ledger.ts';
import { describeEvent } from '../movement.ts';
import { balanceAt, lotsOf, type LotFigures } from '../wallet/balance.ts';
import type { Wallet } from '../wallet/state.ts';
import { walletStream, type WalletId } from '../wallet-id.ts';
import type { WalletLoader } from './wallet-loader.ts';

interface Readers { readonly store: EventStore; readonly loader: WalletLoader }

/** The wallet at its current revision, as of an instant: always from the store, never from memory (G12). */
export async function readWallet(readers: Readers, id: WalletId, asOf: number): Promise<WalletReading> {
  const wallet = await readers.loader.loadFresh(id, 'interactive');
  const open = lotsOf(wallet, asOf).filter((lot) => lot.remaining > 0 || lot.held > 0);
  const sources = await sourcesOf(readers.store, { id, wallet, lots: open });
  const lots = open.map(({ recorded, ...lot }): LotView => ({ ...lot, source: sources.get(recorded) ?? '' }));
  return { revision: wallet.revision, asOf, balance: balanceAt(wallet, asOf), lots };
}

/** The names of sources are in the streams, not in the state; open lots are few and mostly recent: reading starts at the oldest of each. */
async function sourcesOf(
  store: EventStore, { id, wallet, lots }: { readonly id: WalletId; readonly wallet: Wallet; readonly lots: readonly LotFigures[] },
): Promise<ReadonlyMap<number, string>> {
  const wanted = new Map<number, Map<number, number>>();
  for (const { recorded } of lots) {
    const { period, revision } = placeOf(wallet, recorded);
    const ofPeriod = wanted.get(period) ?? new Map<number, number>();
    wanted.set(period, ofPeriod.set(revision, recorded));
  }
  const sources = new Map<number, string>();
  for (const [period, places] of wanted) {
    for await (const recorded of store.readStream(walletStream(id, period), Math.min(...places.keys()))) {
      const number = places.get(recorded.revision);
      if (number === undefined) continue;
      places.delete(recorded.revision);
      const { source } = describeEvent(recorded);
      if (source !== undefined) sources.set(number, `${source.kind}/${source.key}`);
      if (places.size === 0) break;
    }
  }
  return sources;
}
