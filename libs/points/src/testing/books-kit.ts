import { MemoryEventStore, type RecordedEvent } from '@trebol/event-store';
import { expect } from '@jest/globals';
import { fixedClock } from '@trebol/testing';
import { verifyPeriods } from '../books/verify-books.ts';
import { encodeWallet, foldWallet } from '../fold.ts';
import { verifyStream } from '../invariants.ts';
import { createPointsLedger } from '../points-ledger.ts';
import { emptyWallet } from '../wallet/state.ts';
import { walletStream } from '../wallet-id.ts';
import { policy } from './commands.ts';
import { FaultyStore } from './faulty-store.ts';
import { NOON } from './given.ts';
import { ANA } from './ledger-kit.ts';

/** A ledger on a store in memory behind a line that may fail, with a clock of its own. */
export class Books {
  readonly clock = fixedClock(NOON);
  readonly line = new FaultyStore(new MemoryEventStore());
  period = 1;
  readonly ledger = this.process();

  process(cacheMax = 100, expected?: () => number) {
    return createPointsLedger({
      store: this.line.store, clock: this.clock, cacheMax, policyOf: () => policy(),
      ...(expected === undefined ? {} : { periodAt: expected }),
    });
  }

  async close(): Promise<string | undefined> {
    const [outcome] = await this.ledger.closeBooks([ANA], this.period);
    this.period += 1;
    return outcome;
  }

  async events(period: number): Promise<RecordedEvent[]> {
    return Array.fromAsync(this.line.store.readStream(walletStream(ANA, period)));
  }

  /** Every stream folds by its own, to what its snapshot says, without a violation. */
  async verify(): Promise<void> {
    const streams = await Promise.all(Array.from({ length: this.period }, async (_, index) => this.events(index + 1)));
    expect(verifyPeriods(streams.filter((events) => events.length > 0))).toEqual([]);
    for (let period = 1; period <= this.period; period += 1) {
      const { wallet, violations } = verifyStream(await this.events(period));
      expect(violations).toEqual([]);
      const tail = (await this.line.store.load([walletStream(ANA, period)])).get(walletStream(ANA, period));
      if (tail !== undefined && tail.revision > 0) expect(encodeWallet(foldWallet(tail) ?? emptyWallet())).toEqual(encodeWallet(wallet));
    }
  }
}
