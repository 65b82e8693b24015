import type { Running, Subscription } from '../port.ts';
import { Lane, type LaneShared } from './lane.ts';
import { Latch } from './latch.ts';
import type { Claim, PartitionSource } from './partition-source.ts';
import { retried, TROUBLE_ATTEMPTS, type RetryPolicy, type Trouble } from './retry.ts';
import { Slots } from './slots.ts';

/** Full batches of one subscription handled at the same time: one of each partition of a usual topic, so that handlers can share a commit. */
export const CONCURRENT_PARTITIONS = 12;

/** Where a trouble stands that concerns no single partition. */
const FETCHING = 'fetching';

export interface RunnerOptions extends RetryPolicy {
  readonly subscription: Subscription;
  readonly source: PartitionSource;
  /** Full batches handled at the same time; smaller ones as many as have no more messages. */
  readonly concurrentPartitions?: number | undefined;
  /** Called on every failed attempt from the fifth on; `partition` is -1 when fetching itself fails. */
  readonly onTrouble?: ((trouble: Trouble) => void) | undefined;
}

/**
 * The one consumer of the product: fetches, hands over, commits, retries, parks; the same for every bus. Order within a partition is kept,
 * a throw pauses only its partition, and progress moves only after the handler returned.
 */
export class ConsumerRunner implements Running {
  readonly #options: RunnerOptions;
  readonly #shared: LaneShared;
  readonly #stopping = new AbortController();
  readonly #latch = new Latch();
  readonly #lanes = new Map<Claim, Lane>();
  readonly #troubles = new Map<string, Trouble>();
  #loop: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  private constructor(options: RunnerOptions) {
    this.#options = options;
    this.#shared = {
      ...options,
      slots: new Slots((options.concurrentPartitions ?? CONCURRENT_PARTITIONS) * options.subscription.batchMax),
      stopping: this.#stopping.signal,
      roomMade: () => this.#latch.set(),
      onTrouble: (trouble) => this.#report(trouble),
      onRecovered: (claim) => { this.#troubles.delete(`${claim.topic}/${claim.partition}`); },
    };
  }

  /** Claims partitions and begins to work. */
  static async start(options: RunnerOptions): Promise<ConsumerRunner> {
    const runner = new ConsumerRunner(options);
    try {
      await options.source.start(() => runner.#latch.set());
    } catch (error) {
      await options.source.stop();
      throw error;
    }
    runner.#loop = runner.#run();
    return runner;
  }

  /** Partitions that keep failing now, with their last error; empty when all is well. */
  get troubles(): readonly Trouble[] {
    return [...this.#troubles.values()];
  }

  lag(): Promise<number> {
    return this.#options.source.lag();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#options.source.retire();
    this.#latch.set();
    await this.#loop;
    await Promise.all([...this.#lanes.values()].map((lane) => lane.settled()));
    await this.#options.source.stop();
  }

  async #run(): Promise<void> {
    const { subscription, source } = this.#options;
    const signal = this.#stopping.signal;
    const onFailure = (attempts: number, error: unknown): void => {
      if (attempts < TROUBLE_ATTEMPTS) return;
      this.#report({ group: subscription.group, topic: subscription.topics.join(','), partition: -1, attempts, error }, FETCHING);
    };
    while (!signal.aborted) {
      const fetch = () => source.fetch((claim) => this.#lanes.get(claim)?.state ?? 'idle');
      const fetched = await retried(fetch, this.#options, { signal, onFailure });
      if (!fetched.done || signal.aborted) return;
      this.#troubles.delete(FETCHING);
      for (const batch of fetched.value) this.#laneOf(batch.claim).offer(batch);
      for (const claim of this.#lanes.keys()) if (claim.lost.aborted) this.#forget(claim);
      if (fetched.value.length === 0) await this.#latch.wait();
    }
  }

  #laneOf(claim: Claim): Lane {
    const known = this.#lanes.get(claim);
    if (known) return known;
    // A handler that outlived an earlier claim of the partition ends before the next begins: within a process they never overlap.
    const earlier = [...this.#lanes].filter(([other]) => other.topic === claim.topic && other.partition === claim.partition);
    const lane = new Lane(claim, this.#shared, Promise.all(earlier.map(([, before]) => before.settled())));
    this.#lanes.set(claim, lane);
    return lane;
  }

  /** A lane of a lost claim is kept until its handler has returned, so that `stop` waits for it. */
  #forget(claim: Claim): void {
    if (this.#lanes.get(claim)?.state === 'idle') this.#lanes.delete(claim);
  }

  #report(trouble: Trouble, where = `${trouble.topic}/${trouble.partition}`): void {
    this.#troubles.set(where, trouble);
    this.#options.onTrouble?.(trouble);
  }
}
