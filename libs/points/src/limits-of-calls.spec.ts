import { MemoryEventStore, type EventStore } from '@trebol/event-store';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { BULK_WALLETS_MAX, CLOSE_EVENTS_MAX, CLOSE_WALLETS_MAX, CONFIRM_CONCURRENCY, EVENT_CHARACTERS_PER_APPEND_MAX } from './limits.ts';
import { Books } from './testing/books-kit.ts';
import { earn, hold } from './testing/commands.ts';
import { ANA, LedgerKit, summary, wallet } from './testing/ledger-kit.ts';
import type { WalletId } from './wallet-id.ts';

let kit: LedgerKit;
beforeEach(() => { kit = new LedgerKit(); });

const members = (count: number): readonly WalletId[] => Array.from({ length: count }, (_, n) => wallet(`m${n}`));
const batches = () => kit.line.appends.map(({ batch }) => batch.length);

/** Each bound of what is done together: so many at once, and one more in the next round. */
describe('what is done together', () => {
  it('is at most so many wallets of a bulk call', async () => {
    const outcomes = await kit.ledger().handleMany(members(BULK_WALLETS_MAX + 1).map((member) => ({ wallet: member, command: earn('s', 1) })));
    expect(new Set(outcomes.map(summary))).toEqual(new Set(['accepted']));
    expect([batches(), kit.line.loads]).toEqual([[BULK_WALLETS_MAX, 1], 2]);
    kit.line.appends.length = 0;
    await kit.ledger().handleMany(members(BULK_WALLETS_MAX).map((member) => ({ wallet: member, command: earn('t', 1) })));
    expect(batches()).toEqual([BULK_WALLETS_MAX]);
  });

  it.each([CONFIRM_CONCURRENCY - 1, CONFIRM_CONCURRENCY, CONFIRM_CONCURRENCY + 1])('is at most so many reads that confirm what was done before, of %d', async (count) => {
    const store = new MemoryEventStore();
    const reads = new Reads(store);
    const awards = members(count).map((member) => ({ wallet: member, command: earn('s', 1) }));
    await kit.ledger({ store }).handleMany(awards);
    const again = await kit.ledger({ store: reads.store, cacheMax: 0 }).handleMany(awards);
    expect(new Set(again.map(summary))).toEqual(new Set(['already done']));
    expect([reads.made, reads.most]).toEqual([count, Math.min(count, CONFIRM_CONCURRENCY)]);
  });

  it('is at most so many wallets whose books are closed', async () => {
    const all = members(CLOSE_WALLETS_MAX + 1);
    await kit.ledger().handleMany(all.map((member) => ({ wallet: member, command: earn('s', 1) })));
    kit.line.appends.length = 0;
    expect(new Set(await kit.ledger().closeBooks(all.slice(1), 1))).toEqual(new Set(['closed']));
    expect(batches()).toEqual([CLOSE_WALLETS_MAX, CLOSE_WALLETS_MAX]);
    kit.line.appends.length = 0;
    expect(new Set(await kit.ledger().closeBooks(all, 2))).toEqual(new Set(['closed']));
    expect(batches()).toEqual([CLOSE_WALLETS_MAX, CLOSE_WALLETS_MAX, 1, 1]);
  });

  it('is at most so many events of wallets whose books are closed', async () => {
    const large = 5;
    const full = members(large).flatMap((member) => Array.from({ length: CLOSE_EVENTS_MAX / large - 1 }, (_, n) => (
      { wallet: member, command: { ...earn(`s${n}`, []), explanation: '' } })));
    await kit.ledger().handleMany([...full, { wallet: wallet(`m${large}`), command: earn('one past', []) }]);
    kit.line.appends.length = 0;
    expect(new Set(await kit.ledger().closeBooks(members(large + 1), 1))).toEqual(new Set(['closed']));
    expect(batches()).toEqual([large, large, 1, 1]);
  });
});

describe('what closes the books of one wallet', () => {
  /** Closes the books of a wallet whose open hold has a name of so many characters: that name is carried over. */
  async function closing(characters: number) {
    const books = new Books();
    await books.ledger.handle(ANA, earn('s', 10));
    await books.ledger.handle(ANA, { ...hold('h'.repeat(characters), 10, books.clock.now() + 600_000), commandId: 'h' });
    const outcome = await books.close();
    return { outcome, length: (await books.events(1)).find(({ type }) => type === 'BooksClosed')?.data.length, books };
  }

  it('is at most so many characters; one more, and the wallet goes on in its period until it fits', async () => {
    const short = await closing(1);
    const most = 1 + EVENT_CHARACTERS_PER_APPEND_MAX - (short.length ?? 0);
    expect(await closing(most)).toMatchObject({ outcome: 'closed', length: EVENT_CHARACTERS_PER_APPEND_MAX });
    const { outcome, length, books } = await closing(most + 1);
    expect([outcome, length]).toEqual(['tooLarge', undefined]);
    books.clock.advance(600_000);
    expect(summary(await books.ledger.handle(ANA, earn('next', 1)))).toBe('accepted');
    expect(await books.ledger.closeBooks([ANA, wallet('bea')], 1)).toEqual(['closed', 'empty']);
  });
});

/** A store that counts how many of its streams are read at once. */
class Reads {
  made = 0;
  most = 0;
  private open = 0;
  readonly store: EventStore;

  constructor(inner: EventStore) {
    this.store = new Proxy(inner, {
      get: (target, name: keyof EventStore) => {
        const member: unknown = target[name];
        if (name === 'readStream') return (...given: Parameters<EventStore['readStream']>) => this.counted(target.readStream(...given));
        return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
      },
    });
  }

  private async *counted<Event>(events: AsyncIterable<Event>): AsyncIterable<Event> {
    this.made += 1;
    this.open += 1;
    this.most = Math.max(this.most, this.open);
    try {
      // Others have their turn before this one is done.
      await new Promise((resolve) => { setImmediate(resolve); });
      yield* events;
    } finally {
      this.open -= 1;
    }
  }
}
