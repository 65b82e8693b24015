import type { Owed, WalletEvent } from '../events.ts';
import { evolve } from '../wallet/evolve.ts';
import { offerOf, payOwed, spendableLots } from '../wallet/spend-order.ts';
import type { Wallet } from '../wallet/state.ts';

/**
 * The event with what the wallet pays of debt and fee due once it has happened: from all that is available then, in spend order. (While
 * something is owed nothing was available before, so this is what the event made free, except in a merge, where either side may pay.)
 */
export function paying<Event extends WalletEvent & Partial<Owed>>(wallet: Wallet, event: Event, now: number): Event {
  const after = evolve(wallet, event);
  return { ...event, ...payOwed(after, offerOf(spendableLots(after, now))) };
}
