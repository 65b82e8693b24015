import type { Clock } from '@trebol/contracts';
import type { Cluster, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { pauseMs, TROUBLE_ATTEMPTS } from '../runner/retry.ts';
import { stickyAssigner, type Assignment, type GroupMember } from './assigner.ts';
import { KAFKA_RETRY } from './connection.ts';

/** A dead process is replaced after that. */
const SESSION_MS = 15_000;
/** How long the group waits for its members when somebody comes or goes. */
const REBALANCE_MS = 20_000;
/** How soon a member learns that somebody came or went. */
const HEARTBEAT_MS = 1_000;
/** How long the broker keeps an empty fetch; also how long a resumed partition may wait for its turn. */
const FETCH_WAIT_MS = 200;
/** Compressed; each partition's part of an answer of a broker, and the whole of it: unpacked it is several times that for a while. */
const FETCH_PARTITION_BYTES_MAX = 131_072;
const FETCH_BYTES_MAX = 1_048_576;
/** What leaving the group may take when the brokers do not answer. */
const LEAVE_MS_MAX = 5_000;

/** Attempts to say goodbye for a member that was lost, and the pause between them. */
const GOODBYE_ATTEMPTS_MAX = 20;
const GOODBYE_PAUSE_MS = 300;

/** A member that was in for so long without falling out has recovered: what keeps throwing a fetch out shows within half of it. */
export const STABLE_MS = 10_000;

interface Leavable {
  readonly leaveGroup?: (member: { readonly groupId: string; readonly memberId: string }) => Promise<unknown>;
}

/** What a membership is about and whom it tells. */
export interface MembershipOptions {
  readonly newClient: () => Kafka;
  readonly group: string;
  readonly topics: readonly string[];
  readonly clock: Clock;
  readonly random?: (() => number) | undefined;
  /** For the assigner, whenever the group is joined. */
  readonly own: () => Pick<GroupMember, 'owned' | 'counts'>;
  /** Told at once, before anything of the new assignment is fetched. */
  readonly onAssigned: (assignment: Assignment) => void;
  /** Takes what was fetched; nothing more is fetched until it returns. */
  readonly onBatch: (payload: EachBatchPayload) => Promise<void>;
  /** The member fell out of the group and tries to come back. `attempts` since it was last in for some time. */
  readonly onTrouble: (attempts: number, error: unknown) => void;
  /** It was in for some time. To have joined is not enough: who cannot read what it fetches joins again and again. */
  readonly onRecovered: () => void;
}

/** One member of a consumer group: joins, fetches, comes back after whatever happened, for ever. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #stopping = new AbortController();
  #consumer: Consumer | undefined;
  #commit: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #ended: Promise<void> = Promise.resolve();
  #attempts = 0;
  /** Commits that wait for the member to come back. */
  readonly #waiting = new Set<() => void>();
  /** The consumer's connections. */
  #cluster: Cluster | undefined;
  /** Name given by the group; kept when the member is thrown out or its broker dies. */
  #memberId: string | undefined;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Resolves when the group was joined. Rejects when that did not work out in five attempts; then `stop` must be called. */
  async start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#ended = this.#run(first);
    await first.promise;
  }

  /**
   * Stores an offset in the name of this member. The broker refuses when the group has gone on without it. (kafkajs's own `commitOffsets`
   * repeats a refused commit after the member has joined again, when the offset may be somebody else's.)
   */
  async commit(topic: string, partition: number, offset: bigint): Promise<void> {
    if (!this.#commit) throw new Error('out of the group');
    await this.#commit({ topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }] });
  }

  /** Waits until offsets can be stored, or `signal` aborts. */
  async present(signal: AbortSignal): Promise<void> {
    while (!this.#commit && !signal.aborted) {
      const back = Promise.withResolvers<void>();
      const give = (): void => back.resolve();
      signal.addEventListener('abort', give, { once: true });
      this.#waiting.add(give);
      await back.promise;
      this.#waiting.delete(give);
      signal.removeEventListener('abort', give);
    }
  }

  /** It fell out so often that it was reported, and has not recovered. */
  get isInTrouble(): boolean {
    return this.#attempts >= TROUBLE_ATTEMPTS;
  }

  pause(topic: string, partition: number): void {
    this.#consumer?.pause([{ topic, partitions: [partition] }]);
  }

  resume(topic: string, partition: number): void {
    this.#consumer?.resume([{ topic, partitions: [partition] }]);
  }

  seek(topic: string, partition: number, offset: bigint): void {
    this.#consumer?.seek({ topic, partition, offset: String(offset) });
  }

  /** Leaves the group. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const over = new AbortController();
    await Promise.race([this.#ended, this.#options.clock.sleep(LEAVE_MS_MAX, over.signal)]);
    over.abort();
  }

  async #run(first: PromiseWithResolvers<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const crashed = Promise.withResolvers<unknown>();
      const gone = new AbortController();
      signal.addEventListener('abort', () => crashed.resolve(undefined), { once: true });
      const onJoined = (): void => {
        first.resolve();
        void this.#settleIn(gone.signal);
      };
      const consumer = this.#newConsumer(onJoined, crashed.resolve);
      await this.#join(consumer).catch(crashed.resolve);
      const error = await crashed.promise;
      gone.abort();
      this.#commit = undefined;
      this.#consumer = undefined;
      await consumer.disconnect().catch(() => undefined);
      if (signal.aborted) break;
      await this.#pause(error, first.reject);
    }
    first.resolve();
  }

  async #settleIn(gone: AbortSignal): Promise<void> {
    if (this.#attempts > 0) await this.#options.clock.sleep(STABLE_MS, gone);
    if (gone.aborted) return;
    this.#attempts = 0;
    this.#options.onRecovered();
  }

  async #pause(error: unknown, giveUp: (error: unknown) => void): Promise<void> {
    this.#attempts += 1;
    if (this.#attempts >= TROUBLE_ATTEMPTS) {
      // Only a start that nobody has seen succeed is given up; a member that was in once comes back for ever.
      giveUp(error);
      this.#options.onTrouble(this.#attempts, error);
    }
    await this.#options.clock.sleep(pauseMs(this.#attempts, this.#options.random), this.#stopping.signal);
  }

  async #join(consumer: Consumer): Promise<void> {
    await consumer.connect();
    await this.#leaveBehind();
    await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
    this.#consumer = consumer;
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: (payload) => this.#take(payload) });
  }

  /** A group waits for its lost members until their session ends: the one we were says goodbye now. */
  async #leaveBehind(): Promise<void> {
    for (let attempt = 1; attempt <= GOODBYE_ATTEMPTS_MAX && this.#memberId !== undefined; attempt++) {
      try {
        // Not in kafkajs's types.
        const coordinator = await this.#cluster?.findGroupCoordinator({ groupId: this.#options.group }) as Leavable | undefined;
        await coordinator?.leaveGroup?.({ groupId: this.#options.group, memberId: this.#memberId });
        this.#memberId = undefined;
      } catch (error) {
        if (error instanceof Error && 'type' in error && error.type === 'UNKNOWN_MEMBER_ID') this.#memberId = undefined;
        // A broker that has just started has to read up on its groups first.
        else await this.#options.clock.sleep(GOODBYE_PAUSE_MS, this.#stopping.signal);
      }
    }
    this.#memberId = undefined;
  }

  async #take(payload: EachBatchPayload): Promise<void> {
    this.#commit = payload.commitOffsetsIfNecessary;
    for (const give of this.#waiting) give();
    await this.#options.onBatch(payload);
  }

  /** `onJoined` is called once, however often the group is rebalanced. */
  #newConsumer(onJoined: () => void, onCrash: (error: unknown) => void): Consumer {
    const consumer = this.#options.newClient().consumer({
      groupId: this.#options.group, allowAutoTopicCreation: false,
      partitionAssigners: [({ cluster }) => {
        this.#cluster = cluster;
        return stickyAssigner(this.#options.own);
      }],
      sessionTimeout: SESSION_MS, rebalanceTimeout: REBALANCE_MS, heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS, maxBytesPerPartition: FETCH_PARTITION_BYTES_MAX, maxBytes: FETCH_BYTES_MAX,
      // We start again ourselves, with a new client: kafkajs's own restart ends at what it thinks is final.
      retry: { ...KAFKA_RETRY, restartOnFailure: () => Promise.resolve(false) },
    });
    let isIn = false;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#memberId = payload.memberId;
      this.#options.onAssigned(payload.memberAssignment);
      if (!isIn) onJoined();
      isIn = true;
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => onCrash(payload.error));
    return consumer;
  }
}
