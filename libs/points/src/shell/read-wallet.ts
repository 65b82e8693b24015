import type { EventStore, StreamName } from '@trebol/event-store';
import { decodeEvent } from '../codec/event-codec.ts';
import type { LotView, WalletReading } from '../ledger.ts';
import { balanceAt, lotsOf, type LotFigures } from '../wallet/balance.ts';
import { walletOf } from './wallet-loader.ts';

/** The wallet at its current revision, as of an instant: always from the store, never from memory (G12). */
export async function readWallet(store: EventStore, stream: StreamName, asOf: number): Promise<WalletReading> {
  const tail = (await store.load([stream])).get(stream);
  const wallet = await walletOf(store, stream, tail);
  const open = lotsOf(wallet, asOf).filter((lot) => lot.remaining > 0 || lot.held > 0);
  return { revision: wallet.revision, asOf, balance: balanceAt(wallet, asOf), lots: await named(store, stream, open) };
}

/** The names of sources are in the stream, not in the state; open lots are few and mostly recent: reading starts at the oldest. */
async function named(store: EventStore, stream: StreamName, lots: readonly LotFigures[]): Promise<LotView[]> {
  if (lots.length === 0) return [];
  const wanted = new Set(lots.map((lot) => lot.recorded));
  const sources = new Map<number, string>();
  for await (const recorded of store.readStream(stream, Math.min(...wanted))) {
    if (!wanted.delete(recorded.revision)) continue;
    const event = decodeEvent(recorded);
    if (event.type === 'PointsEarned') sources.set(recorded.revision, `${event.source.kind}/${event.source.key}`);
    if (wanted.size === 0) break;
  }
  return lots.map(({ recorded, ...lot }) => ({ ...lot, source: sources.get(recorded) ?? '' }));
}
