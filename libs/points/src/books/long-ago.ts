import type { EventStore } from '@trebol/event-store';
import type { PointsCommand } from '../commands.ts';
import { sameness } from '../decide/sameness.ts';
import type { Decision, DecisionContext } from '../decide/verdict.ts';
import { identityOfCommand } from '../identity.ts';
import { walletOf } from '../shell/wallet-loader.ts';
import type { Wallet } from '../wallet/state.ts';
import { walletStream, type WalletId } from '../wallet-id.ts';

/** True when the command may have been done in a closed period that the wallet does not remember any more. */
export function mayBeForgotten(command: PointsCommand, { books }: Wallet): boolean {
  return books !== undefined && command.occurredAt < books.rememberedFrom && identityOfCommand(command) !== undefined;
}

/**
 * Sameness beyond the wallet's own memory. A repeated fact says when it happened, and everything that happened at `rememberedFrom` or
 * later is in memory; so only a command about something older can have been forgotten, and only for such a one the closed periods are
 * asked: one read of all their last states, which remember all that happened in them. Most members never cause it.
 */
export class LongAgo {
  private readonly store: EventStore;
  private readonly id: WalletId;
  private periods: readonly Wallet[] | undefined;

  constructor(store: EventStore, id: WalletId) {
    this.store = store;
    this.id = id;
  }

  /** What was said of this command in a closed period; undefined when it is new. The hit is provisional, as every hit by fingerprint. */
  async decide(command: PointsCommand, wallet: Wallet, context: DecisionContext): Promise<Decision | undefined> {
    const { books } = wallet;
    if (books === undefined || !mayBeForgotten(command, wallet)) return undefined;
    this.periods ??= await this.read(books.past.map((past) => walletStream(this.id, past.period)));
    for (const period of this.periods) {
      const before = sameness(command, period, context);
      if (before !== undefined) return before;
    }
    return undefined;
  }

  private async read(streams: readonly string[]): Promise<readonly Wallet[]> {
    const tails = await this.store.load(streams);
    return Promise.all(streams.map(async (stream) => walletOf(this.store, stream, tails.get(stream))));
  }
}
