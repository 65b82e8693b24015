import { sampledTraceparent } from '@trebol/chassis';
import type { Ticket } from '@trebol/contracts';
import type { Taken } from '../taking.ts';
import type { FinishBatch } from './finish-batch.ts';
import type { RateBatch } from './rate-batch.ts';
import { type Said, saidOf } from './said.ts';

/** Tickets of tills that share one transaction. Small, because each of them waits for all of them. */
const TOGETHER_MAX = 100;
/** Tickets of tills waiting in this process, over all tenants: about a second's work; beyond it the till is told to come back. */
const WAITING_MAX = 2_000;

/** What became of a ticket, and what its wallets said if they were asked. */
export interface TakenOne {
  readonly taken: Taken;
  readonly said: Said;
}

interface Waiting {
  readonly ticket: Ticket;
  readonly traceparent: string | undefined;
  resolve(answer: TakenOne): void;
  reject(error: unknown): void;
}

/** More tickets are waiting than this process can answer in time. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting';
}

/**
 * Takes single tickets. Those that arrive while a transaction is under way share the next one (`ledger.md` §5.5): alone a ticket waits for
 * nobody, under load one commit serves many. Each is posted by itself, so that the ledger treats it as a till's command.
 */
export class TakeOne {
  private readonly queues = new Map<string, Waiting[]>();
  private waiting = 0;

  constructor(private readonly parts: { readonly rate: RateBatch; readonly finish: FinishBatch }) {}

  /** Takes a ticket; resolves when it is durable and the wallet has answered. Throws `TooManyWaiting`. */
  take(tenant: string, ticket: Ticket): Promise<TakenOne> {
    if (this.waiting >= WAITING_MAX) return Promise.reject(new TooManyWaiting());
    this.waiting += 1;
    return new Promise<TakenOne>((resolve, reject) => {
      const waiting: Waiting = { ticket, traceparent: sampledTraceparent(), resolve, reject };
      const queue = this.queues.get(tenant);
      if (queue) {
        queue.push(waiting);
        return;
      }
      const fresh = [waiting];
      this.queues.set(tenant, fresh);
      void this.drain(tenant, fresh);
    });
  }

  private async drain(tenant: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const together = queue.splice(0, TOGETHER_MAX);
      await this.takeTogether(tenant, together);
      this.waiting -= together.length;
    }
    this.queues.delete(tenant);
  }

  private async takeTogether(tenant: string, together: readonly Waiting[]): Promise<void> {
    try {
      const origins = together.map(({ traceparent }) => traceparent);
      const rated = await this.parts.rate.rate(tenant, together.map(({ ticket }) => ticket), { history: false, origins });
      const said = await this.parts.finish.finish(rated, 'interactive');
      for (const [index, waiting] of together.entries()) {
        const taken = rated.taken[index];
        if (taken) waiting.resolve({ taken, said: saidOf(said, taken.key) });
      }
    } catch (error) {
      for (const waiting of together) waiting.reject(error);
    }
  }
}
