import { MemoryEventStore, type RecordedEvent } from '@trebol/event-store';
import { fixedClock } from '@trebol/testing';
import type { Outcome } from '../ledger.ts';
import { createPointsLedger, type PointsLedgerParts } from '../points-ledger.ts';
import { walletStream, type WalletId } from '../wallet-id.ts';
import { policy } from './commands.ts';
import { FaultyStore } from './faulty-store.ts';
import { NOON } from './given.ts';

/** A wallet of the default programme. */
export const wallet = (member: string): WalletId => ({ tenant: 'main', programme: 'club', pointType: 'points', member });
export const ANA = wallet('ana');

/** A ledger on a store in memory behind a line that may fail; several ledgers stand for several processes. */
export class LedgerKit {
  readonly clock = fixedClock(NOON);
  readonly line = new FaultyStore(new MemoryEventStore());

  ledger({ store = this.line.store, cacheMax = 100, policyOf = () => policy() }: Partial<PointsLedgerParts> = {}) {
    return createPointsLedger({ store, clock: this.clock, cacheMax, policyOf });
  }

  async eventsOf(member: WalletId): Promise<RecordedEvent[]> {
    return Array.fromAsync(this.line.store.readStream(walletStream(member)));
  }
}

/** An outcome in a word. */
export function summary(outcome: Outcome): string {
  if (outcome.status === 'accepted') return outcome.alreadyDone ? 'already done' : 'accepted';
  return outcome.status === 'refused' ? outcome.refusal.code : outcome.status;
}
