import type { Clock } from '@trebol/contracts';
import type { Admin, Cluster, Consumer, Kafka } from 'kafkajs';
import { isLeftPacked } from './codecs.ts';
import type { RawRecord } from './records.ts';

/** Most bytes of one request; a larger record still comes, alone. */
const READ_BYTES_MAX = 1_048_576;
const WAIT_MS = 50;
/** A broker that has just taken over, or holds us back for our quota, gives nothing for a while. */
const EMPTY_ATTEMPTS_MAX = 5;
const EMPTY_PAUSE_MS = 200;

interface FetchAnswer {
  readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
}

interface FetchedPartition {
  readonly messages: readonly FetchedRecord[];
  /** Offset of the next record to be written, as far as all copies have it. */
  readonly highWatermark?: string;
}

type FetchedRecord = RawRecord & { readonly isControlRecord?: boolean };

/** The records of an answer from one offset to before another, and the offset to go on with: `high` when they reach to it or beyond. */
function within(messages: readonly FetchedRecord[], low: bigint, high: bigint): { readonly records: readonly RawRecord[]; readonly next: bigint } {
  const records: RawRecord[] = [];
  let next = low;
  for (const record of messages) {
    const offset = BigInt(record.offset);
    if (offset < next) continue;
    if (offset >= high) return { records, next: high };
    if (isLeftPacked(record)) break;
    next = offset + 1n;
    if (record.isControlRecord !== true) records.push(record);
  }
  return { records, next };
}

const isThere = (highWatermark: string | undefined, high: bigint): boolean => BigInt(highWatermark ?? -1) >= high;

/** From where to where a partition reaches: the oldest offset there is, and the next one to be written. */
export interface Reach {
  readonly low: bigint;
  readonly high: bigint;
}

/**
 * Reads partitions from where one likes, without a consumer group: kafkajs has no such consumer, but hands its connections to whoever
 * assigns partitions. The consumer that is made for that never runs.
 */
export class LogReader {
  readonly #admin: Admin;
  readonly #clock: Clock;
  readonly #carrier: Consumer;
  #cluster: Cluster | undefined;
  #connected: Promise<void> | undefined;

  constructor(kafka: Kafka, admin: Admin, clock: Clock) {
    this.#admin = admin;
    this.#clock = clock;
    this.#carrier = kafka.consumer({
      groupId: 'trebol.reader', allowAutoTopicCreation: false,
      partitionAssigners: [({ cluster }) => {
        this.#cluster = cluster;
        const protocol = () => ({ name: 'none', metadata: Buffer.alloc(0) });
        return { name: 'none', version: 0, assign: () => Promise.resolve([]), protocol };
      }],
    });
  }

  async reachOf(topic: string): Promise<ReadonlyMap<number, Reach>> {
    const offsets = await this.#admin.fetchTopicOffsets(topic);
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]));
  }

  /** Records from `low` to before `high`, in order. Throws when the broker does not give what it says it has: a part is never the whole. */
  async *read(topic: string, partition: number, { low, high }: Reach): AsyncGenerator<RawRecord> {
    let next = low;
    for (let empty = 0; next < high;) {
      const { messages, highWatermark } = await this.#fetch(topic, partition, next);
      const piece = within(messages, next, high);
      yield* piece.records;
      empty = piece.next > next ? 0 : empty + 1;
      next = piece.next;
      if (empty === EMPTY_ATTEMPTS_MAX) {
        // All up to `high` is there to be read and nothing comes: compaction has emptied what was between.
        if (isThere(highWatermark, high)) return;
        throw new Error(`${topic}/${partition} gives nothing from offset ${next} on, and should reach to ${high}`);
      }
      if (empty > 0) await this.#clock.sleep(EMPTY_PAUSE_MS);
    }
  }

  async close(): Promise<void> {
    await this.#carrier.disconnect().catch(() => undefined);
  }

  async #fetch(topic: string, partition: number, offset: bigint): Promise<FetchedPartition> {
    const cluster = await this.#clusterOf(topic);
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
    if (nodeId === undefined) throw new Error(`${topic}/${partition} has no leader`);
    const broker = await cluster.findBroker({ nodeId });
    try {
      const answer = await broker.fetch({
        maxWaitTime: WAIT_MS, minBytes: 1, maxBytes: READ_BYTES_MAX,
        topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: READ_BYTES_MAX }] }],
      }) as FetchAnswer;
      return answer.responses[0]?.partitions[0] ?? { messages: [] };
    } catch (error) {
      // The leader may have moved: whoever tries again finds the new one.
      await cluster.refreshMetadata().catch(() => undefined);
      throw error;
    }
  }

  async #clusterOf(topic: string): Promise<Cluster> {
    this.#connected ??= this.#carrier.connect();
    try {
      await this.#connected;
      if (!this.#cluster) throw new Error('kafkajs made no connections');
      if (!this.#cluster.isConnected()) await this.#cluster.connect();
      await this.#cluster.addTargetTopic(topic);
      await this.#cluster.refreshMetadataIfNecessary();
      return this.#cluster;
    } catch (error) {
      this.#connected = undefined;
      throw error;
    }
  }
}
