import type { Ticket } from '@trebol/contracts';
import type { Taken, TakeLine, TakeOptions } from '../taking.ts';
import type { FinishBatch } from './finish-batch.ts';
import type { RateBatch } from './rate-batch.ts';

/** Batches that are rated and not yet posted: one being posted, one ready, one being rated (`ledger.md` §5.2). More only costs memory. */
const LINE_DEPTH_MAX = 3;

/**
 * One ordered stream of batches: the next is rated while the last ones are posted, in order, and the reader waits when posting
 * falls behind.
 */
export class Line implements TakeLine {
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;
  private failure: { readonly cause: unknown } | undefined;

  constructor(private readonly tenant: string, private readonly parts: { readonly rate: RateBatch; readonly finish: FinishBatch }) {}

  async offer(tickets: readonly Ticket[], options: TakeOptions): Promise<readonly Taken[]> {
    this.throwFailure();
    const rated = await this.parts.rate.rate(this.tenant, tickets, options);
    const finish = this.parts.finish.later(rated, 'bulk');
    this.waiting += 1;
    const before = this.tail;
    this.tail = before.then(() => this.post(finish));
    if (this.waiting >= LINE_DEPTH_MAX) await before;
    this.throwFailure();
    return rated.taken;
  }

  async settled(): Promise<void> {
    await this.tail;
    this.throwFailure();
  }

  /**
   * A batch that could not be posted is durable all the same and will be swept; what comes after it is not tried before the reader
   * knows.
   */
  private async post(finish: () => Promise<unknown>): Promise<void> {
    try {
      if (!this.failure) await finish();
    } catch (cause) {
      this.failure = { cause };
    } finally {
      this.waiting -= 1;
    }
  }

  private throwFailure(): void {
    if (this.failure) throw this.failure.cause;
  }
}
