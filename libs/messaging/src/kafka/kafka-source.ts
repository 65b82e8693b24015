import type { Batch, EachBatchPayload, Kafka } from 'kafkajs';
import { BATCH_BYTES_MAX } from '../limits.ts';
import type { Subscription } from '../port.ts';
import type { Claim, FetchedBatch, LaneState, PartitionSource, Step } from '../runner/partition-source.ts';
import type { GroupMember } from './assigner.ts';
import type { KafkaClaim } from './claim.ts';
import { HeldClaims, slotOf, storedOffsets, type HeldParts } from './held-claims.ts';
import { Membership } from './membership.ts';
import type { KafkaTopics } from './topics.ts';

/**
 * Most bytes of one subscription that wait to be handed over; each partition has an even part, and one message at least: one that stands
 * still stops no other.
 */
export const BUFFER_BYTES_MAX = 16 * 1_048_576;
/** Batches of a partition that wait: enough to go on while the broker is asked for more. */
const BUFFER_BATCHES = 3;
/** Pause between looks for requests to replay, while anything is parked. */
const REQUESTS_POLL_MS = 300;
/** How often a fetch that cannot be taken yet says that the member is alive. */
const ALIVE_MS = 1_000;

/** How long a commit waits for a rebalance; then it is tried again, or given up by whoever is stopping. */
const SETTLE_MS_MAX = 5_000;

/** What the sources of one bus share. */
export interface KafkaSourceParts extends HeldParts {
  readonly newClient: () => Kafka;
  readonly topics: KafkaTopics;
  readonly onRecovered: (group: string) => void;
}

/** Kafka as the runner sees it, for one subscription: one member of its consumer group. */
export class KafkaSource implements PartitionSource {
  readonly #parts: KafkaSourceParts;
  readonly #subscription: Subscription;
  readonly #membership: Membership;
  readonly #held: HeldClaims;
  readonly #stopping = new AbortController();
  #wake: () => void = () => undefined;
  #requests: Promise<void> = Promise.resolve();

  constructor(parts: KafkaSourceParts, subscription: Subscription) {
    this.#parts = parts;
    this.#subscription = subscription;
    const { newClient, clock, random, onTrouble, onRecovered } = parts;
    const { group } = subscription;
    const topics = [...new Set(subscription.topics)];
    this.#held = new HeldClaims(parts, subscription, (claims) => {
      if (!this.#membership.isInTrouble) onRecovered(group);
      this.#resume(claims);
    });
    this.#membership = new Membership({
      newClient, clock, random, group, topics,
      own: () => this.#own(),
      onAssigned: (assignment) => this.#held.assign(assignment),
      onBatch: (payload) => this.#take(payload),
      onTrouble: (attempts, error) => onTrouble({ group, topic: topics.join(','), partition: -1, attempts, error }),
      onRecovered: () => onRecovered(group),
    });
  }

  async start(wake: () => void): Promise<void> {
    this.#wake = wake;
    await this.#membership.start();
    this.#requests = this.#watchRequests();
  }

  /** Bytes that wait to be handed over. */
  get bufferedBytes(): number {
    return this.#held.bufferedBytes;
  }

  async fetch(stateOf: (claim: Claim) => LaneState): Promise<readonly FetchedBatch[]> {
    const batches: FetchedBatch[] = [];
    for (const claim of this.#held.workable) {
      const batch = await this.#next(claim, stateOf(claim));
      if (batch && !claim.lost.aborted) batches.push(batch);
    }
    return batches;
  }

  async commit(step: Step): Promise<void> {
    const { batch } = step;
    if (batch.kind === 'new') await this.#membership.present(AbortSignal.any([batch.claim.lost, this.#stopping.signal]));
    // After a rebalance it must be known first whether the partition is still ours and where its offset stands.
    await this.#held.settled(SETTLE_MS_MAX);
    const claim = this.#held.get(batch.claim);
    if (!claim || claim !== batch.claim || !this.#held.workable.includes(claim)) throw new Error('the partition was taken away');
    if (batch.kind === 'replay') {
      await this.#parts.shelves.commitReplay(claim, this.#held.queueOf(claim), step);
      return;
    }
    if (step.failed.length > 0 || step.waiting.length > 0) await this.#park(claim, step);
    await this.#membership.commit(claim.topic, claim.partition, batch.through + 1n);
    claim.committed = batch.through + 1n;
  }

  async lag(): Promise<number> {
    const topics = [...new Set(this.#subscription.topics)];
    const stored = await storedOffsets(this.#parts.admin, this.#subscription);
    const behind = await Promise.all(topics.map(async (topic) => {
      const ends = await this.#parts.admin.fetchTopicOffsets(topic);
      return ends.map(({ partition, low, high }) => {
        const from = stored.get(slotOf({ topic, partition })) ?? -1n;
        return Number(BigInt(high) - (from < BigInt(low) ? BigInt(low) : from));
      });
    }));
    return behind.flat().reduce((sum, messages) => sum + messages, 0);
  }

  /** The group goes on giving partitions until `stop`; nothing of them is begun. */
  retire(): void {
    this.#stopping.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#membership.stop();
    this.#held.end();
    await this.#requests;
  }

  #own(): Pick<GroupMember, 'owned' | 'counts'> {
    const counts = this.#subscription.topics.map((topic) => [topic, this.#parts.topics.get(topic).partitions]);
    return { owned: this.#held.owned(), counts: Object.fromEntries(counts) as Record<string, number> };
  }

  async #park(claim: KafkaClaim, step: Step): Promise<void> {
    // Whoever was put out of the group must not park: the broker refuses this commit then.
    if (claim.committed < 0n) claim.committed = step.batch.messages[0]?.offset ?? 0n;
    await this.#membership.commit(claim.topic, claim.partition, claim.committed);
    await this.#parts.shelves.park(claim, this.#held.queueOf(claim), step);
  }

  /** Replays wait until nothing of the partition is in hand, so that the order of a key is never in question. */
  async #next(claim: KafkaClaim, state: LaneState): Promise<FetchedBatch | undefined> {
    if (state === 'idle' && claim.shelf.hasReplay) {
      // A dead-letter topic that cannot be read stops no other partition: it is asked again with the next look for requests.
      const { batchMax } = this.#subscription;
      const replay = await this.#parts.shelves.nextReplay(claim, this.#held.queueOf(claim), batchMax).catch(() => undefined);
      if (replay) return replay;
    }
    return this.#isWanted(claim, state) ? this.#takeFrom(claim) : undefined;
  }

  /** Reads ahead only when a full batch is there already: handing over each little thing early would make all batches small. */
  #isWanted({ bufferedMessages, shelf }: KafkaClaim, state: LaneState): boolean {
    if (state === 'full' || bufferedMessages === 0) return false;
    return state === 'idle' || (bufferedMessages >= this.#subscription.batchMax && !shelf.hasReplay);
  }

  #takeFrom(claim: KafkaClaim): FetchedBatch {
    const batch = claim.take(this.#subscription.batchMax, BATCH_BYTES_MAX);
    if (claim.paused && !this.#isOver(claim, 0.5)) this.#resume([claim]);
    return batch;
  }

  /** Whether more than this part of what may wait of a partition waits. */
  #isOver({ bufferedMessages, bufferedBytes }: KafkaClaim, part: number): boolean {
    return bufferedMessages > part * BUFFER_BATCHES * this.#subscription.batchMax || bufferedBytes > part * this.#bytesMax;
  }

  /** A partition's part of the bytes that may wait. */
  get #bytesMax(): number {
    return BUFFER_BYTES_MAX / Math.max(1, this.#held.size);
  }

  #resume(claims: Iterable<KafkaClaim>): void {
    for (const claim of claims) {
      claim.paused = false;
      this.#membership.resume(claim.topic, claim.partition);
    }
    this.#wake();
  }

  async #take({ batch, resolveOffset, heartbeat, isRunning }: EachBatchPayload): Promise<void> {
    while (!await this.#held.settled(ALIVE_MS)) {
      if (!isRunning() || this.#stopping.signal.aborted) return;
      await heartbeat();
    }
    const claim = await this.#claimFor(batch);
    if (!claim) return;
    // What has no room is not waited for, other partitions come by the same way: it is fetched again when there is.
    const taken = claim.add(batch.messages, BigInt(batch.lastOffset()), this.#bytesMax);
    if (taken === 'whole') resolveOffset(batch.lastOffset());
    else if (claim.position !== undefined) resolveOffset(String(claim.position - 1n));
    if (taken === 'full' || this.#isOver(claim, 1)) {
      claim.paused = true;
      this.#membership.pause(claim.topic, claim.partition);
    }
    this.#wake();
  }

  /** The claim that a batch continues; undefined for one that is none of ours or of an older assignment. */
  async #claimFor(batch: Batch): Promise<KafkaClaim | undefined> {
    const claim = this.#held.get(batch);
    if (claim?.position === undefined) return claim;
    // The log is shorter than what we had of it: brokers lost their newest records, and new ones take these offsets again.
    if (BigInt(batch.highWatermark) < claim.position) return this.#held.renew(claim);
    // Where the fetch began; kafkajs's types do not have it.
    const began = 'fetchedOffset' in batch ? BigInt(String(batch.fetchedOffset)) : claim.position;
    if (began <= claim.position || await this.#wasDeleted(claim, began)) return claim;
    this.#membership.seek(claim.topic, claim.partition, claim.position);
    return undefined;
  }

  /** True when what lies before was let go of by retention. */
  async #wasDeleted({ topic, partition }: KafkaClaim, offset: bigint): Promise<boolean> {
    const ends = await this.#parts.admin.fetchTopicOffsets(topic);
    return ends.some((end) => end.partition === partition && BigInt(end.low) >= offset);
  }

  async #watchRequests(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#parts.clock.sleep(REQUESTS_POLL_MS, signal);
      for (const claim of this.#held.workable.filter((held) => held.parkedKeys.size > 0)) {
        // Brokers that are away are reported by the membership.
        await this.#parts.shelves.lookForRequests(claim, this.#held.queueOf(claim)).catch(() => undefined);
        if (claim.shelf.hasReplay) this.#wake();
      }
    }
  }
}
