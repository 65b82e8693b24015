import type { MessageFailure, Subscription } from '../port.ts';
import type { Claim, FetchedBatch, LaneState, PartitionSource } from './partition-source.ts';
import { retried, TROUBLE_ATTEMPTS, type RetryPolicy, type Trouble } from './retry.ts';
import type { Slots } from './slots.ts';
import { split, stepOf } from './step.ts';

/** What the lanes of one subscription share. */
export interface LaneShared extends RetryPolicy {
  readonly subscription: Subscription;
  readonly source: PartitionSource;
  readonly slots: Slots;
  /** Aborts when the subscription stops: pauses end, the batch in hand is finished, nothing further begins. */
  readonly stopping: AbortSignal;
  /** There is room for a batch again. */
  readonly roomMade: () => void;
  readonly onTrouble: (trouble: Trouble) => void;
  readonly onRecovered: (claim: Claim) => void;
}

/** One claimed partition at work: one batch in hand, one waiting, strictly one after the other. */
export class Lane {
  readonly #claim: Claim;
  readonly #shared: LaneShared;
  readonly #halted: AbortSignal;
  readonly #after: Promise<unknown>;
  #next: FetchedBatch | undefined;
  #work: Promise<void> | undefined;

  /** `after` is what must end first: the same partition under an earlier claim of this process. */
  constructor(claim: Claim, shared: LaneShared, after: Promise<unknown>) {
    this.#after = after;
    this.#claim = claim;
    this.#shared = shared;
    this.#halted = AbortSignal.any([shared.stopping, claim.lost]);
  }

  get state(): LaneState {
    if (this.#next) return 'full';
    return this.#work ? 'handling' : 'idle';
  }

  offer(batch: FetchedBatch): void {
    this.#next = batch;
    this.#work ??= this.#run().finally(() => {
      this.#work = undefined;
      this.#shared.roomMade();
    });
  }

  /** Resolves when nothing is in hand. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #run(): Promise<void> {
    await this.#after;
    while (this.#next && !this.#halted.aborted) {
      const batch = this.#next;
      this.#next = undefined;
      this.#shared.roomMade();
      await this.#handle(batch);
    }
    // Halted: what was fetched for later is dropped, its offset was not moved.
    this.#next = undefined;
  }

  async #handle(batch: FetchedBatch): Promise<void> {
    const { handed } = split(batch);
    // The failures are checked inside the attempt: a handler that returns nonsense is retried and reported, not committed.
    const handled = await this.#retried(async () => stepOf(batch, handed.length === 0 ? [] : await this.#call(batch, handed)));
    if (!handled.done || this.#claim.lost.aborted) return;
    await this.#commit(() => this.#shared.source.commit(handled.value));
  }

  async #call(batch: FetchedBatch, messages: FetchedBatch['messages']): Promise<readonly MessageFailure[]> {
    const { topic, partition } = batch.claim;
    return await this.#shared.slots.run(messages.length, async () => await this.#shared.subscription.handle({ topic, partition, messages }) ?? []);
  }

  /** A batch that was handled while the subscription stops is still committed, once: only losing the claim or failing then leaves it. */
  async #commit(commit: () => Promise<void>): Promise<void> {
    if (!this.#shared.stopping.aborted) {
      await this.#retried(commit);
      return;
    }
    await commit().catch(() => undefined);
  }

  async #retried<T>(work: () => Promise<T>): ReturnType<typeof retried<T>> {
    const { subscription, onTrouble, onRecovered } = this.#shared;
    const { topic, partition } = this.#claim;
    let troubled = false;
    const result = await retried(work, this.#shared, {
      signal: this.#halted,
      onFailure: (attempts, error) => {
        if (attempts < TROUBLE_ATTEMPTS) return;
        troubled = true;
        onTrouble({ group: subscription.group, topic, partition, attempts, error });
      },
    });
    if (troubled) onRecovered(this.#claim);
    return result;
  }
}
