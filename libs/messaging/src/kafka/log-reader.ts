import type { Admin, Cluster, Consumer, Kafka } from 'kafkajs';
import type { RawRecord } from './records.ts';

/** Most bytes of one request; a larger record still comes, alone. */
const READ_BYTES_MAX = 1_048_576;
const WAIT_MS = 50;

interface FetchAnswer {
  readonly responses: readonly { readonly partitions: readonly { readonly messages: readonly FetchedRecord[] }[] }[];
}

type FetchedRecord = RawRecord & { readonly isControlRecord?: boolean };

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
  readonly #carrier: Consumer;
  #cluster: Cluster | undefined;
  #connected: Promise<void> | undefined;

  constructor(kafka: Kafka, admin: Admin) {
    this.#admin = admin;
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

  /** Records from `low` to before `high`, in order. */
  async *read(topic: string, partition: number, { low, high }: Reach): AsyncGenerator<RawRecord> {
    let next = low;
    while (next < high) {
      const records = await this.#fetch(topic, partition, next);
      if (records.length === 0) return;
      for (const record of records) {
        const offset = BigInt(record.offset);
        if (offset < next) continue;
        if (offset >= high) return;
        next = offset + 1n;
        yield record;
      }
    }
  }

  async close(): Promise<void> {
    await this.#carrier.disconnect().catch(() => undefined);
  }

  async #fetch(topic: string, partition: number, offset: bigint): Promise<readonly RawRecord[]> {
    const cluster = await this.#clusterOf(topic);
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
    if (nodeId === undefined) throw new Error(`${topic}/${partition} has no leader`);
    const broker = await cluster.findBroker({ nodeId });
    try {
      const answer = await broker.fetch({
        maxWaitTime: WAIT_MS, minBytes: 1, maxBytes: READ_BYTES_MAX,
        topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: READ_BYTES_MAX }] }],
      }) as FetchAnswer;
      return answer.responses.flatMap((response) => response.partitions.flatMap(({ messages }) => messages))
        .filter(({ isControlRecord }) => isControlRecord !== true);
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
