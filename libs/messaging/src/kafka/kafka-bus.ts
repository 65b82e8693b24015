import type { Clock } from '@trebol/contracts';
import type { Admin } from 'kafkajs';
import type { BusTopic } from '../bus-topic.ts';
import type { DeadLetters } from '../dead-letters.ts';
import { checkMessage, checkSubscription } from '../limits.ts';
import { partitionOf } from '../partition-of.ts';
import type { MessageBus, OutgoingMessage, Running, Subscription } from '../port.ts';
import { ConsumerRunner } from '../runner/consumer-runner.ts';
import type { Trouble } from '../runner/retry.ts';
import { newClient, parseKafkaUrl } from './connection.ts';
import { KafkaDeadLetters } from './kafka-dead-letters.ts';
import { KafkaSource, type KafkaSourceParts } from './kafka-source.ts';
import { LogReader } from './log-reader.ts';
import { PRODUCER_OPTIONS, Publisher } from './publisher.ts';
import { headersOf, RECORD_OVERHEAD_BYTES, type OutgoingRecord } from './records.ts';
import { ShelfKeeper } from './shelf-keeper.ts';
import { KafkaTopics } from './topics.ts';

export interface KafkaBusOptions {
  /** `kafka://user:password@host:9092,host2:9092?tls=true&sasl=scram-sha-512` */
  readonly url: string;
  /** Name of this process towards the brokers, and `ce_source` of what it publishes. */
  readonly clientId: string;
  readonly clock: Clock;
  readonly topics: readonly BusTopic[];
  /** Numbers from 0 to below 1 for the jitter of pauses; none without it. */
  readonly random?: (() => number) | undefined;
  /** Partitions that one subscription handles at the same time, by default 12. */
  readonly concurrentPartitions?: number | undefined;
  /** Told of every failed attempt from the fifth on. */
  readonly onTrouble?: ((trouble: Trouble) => void) | undefined;
}

interface Installed {
  readonly admin: Admin;
  readonly topics: KafkaTopics;
}

/**
 * The bus on Kafka: its topics, partitions and consumer groups. At least once, ordered by key. Publishing the same ids twice writes twice:
 * consumers recognise sameness.
 */
export class KafkaBus implements MessageBus {
  readonly deadLetters: DeadLetters;
  /** Nothing to do: brokers let go of messages themselves. */
  readonly maintenance = { start: (): void => undefined, stop: (): Promise<void> => Promise.resolve() };
  readonly #options: KafkaBusOptions;
  readonly #topics: KafkaTopics;
  readonly #admin: Admin;
  readonly #publisher: Publisher;
  readonly #reader: LogReader;
  readonly #parts: KafkaSourceParts;
  readonly #running = new Set<ConsumerRunner>();
  readonly #sources = new Set<KafkaSource>();
  /** Groups that this process is out of, by name. */
  readonly #outside = new Map<string, Trouble>();
  #closed: Promise<void> | undefined;

  private constructor(options: KafkaBusOptions, { admin, topics }: Installed) {
    const connection = parseKafkaUrl(options.url);
    const client = () => newClient(connection, options.clientId);
    const { clock, random } = options;
    this.#options = options;
    this.#topics = topics;
    this.#admin = admin;
    this.#publisher = new Publisher(() => client().producer(PRODUCER_OPTIONS), clock);
    this.#reader = new LogReader(client(), admin, clock);
    const shelves = new ShelfKeeper({ reader: this.#reader, publisher: this.#publisher, topics, admin, clock });
    this.deadLetters = new KafkaDeadLetters({ admin, topics, reader: this.#reader, shelves });
    this.#parts = {
      newClient: client, admin, topics, shelves, clock, random,
      onTrouble: (trouble) => {
        this.#outside.set(trouble.group, trouble);
        options.onTrouble?.(trouble);
      },
      onRecovered: (group) => { this.#outside.delete(group); },
    };
  }

  /**
   * Connects and makes the topics exist. Throws when no broker answers within some seconds, and when a topic's number of partitions differs
   * from the declared one.
   */
  static async open(options: KafkaBusOptions): Promise<KafkaBus> {
    const connection = parseKafkaUrl(options.url);
    const admin = newClient(connection, options.clientId).admin();
    try {
      await admin.connect();
      const topics = await KafkaTopics.install({ admin, clock: options.clock }, options.topics, connection.replication);
      return new KafkaBus(options, { admin, topics });
    } catch (error) {
      await admin.disconnect().catch(() => undefined);
      throw error;
    }
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.#closed) throw new Error('the bus is closed');
    await this.#publisher.write(messages.map((message) => this.#recordOf(message)));
  }

  async consume(subscription: Subscription): Promise<Running> {
    if (this.#closed) throw new Error('the bus is closed');
    checkSubscription(subscription);
    for (const topic of subscription.topics) this.#topics.get(topic);
    const source = new KafkaSource(this.#parts, subscription);
    const { clock, random, concurrentPartitions, onTrouble } = this.#options;
    const runner = await ConsumerRunner.start({ subscription, source, clock, random, concurrentPartitions, onTrouble });
    this.#running.add(runner);
    this.#sources.add(source);
    return {
      stop: async () => {
        await runner.stop();
        this.#running.delete(runner);
        this.#sources.delete(source);
      },
      lag: () => runner.lag(),
    };
  }

  /** Partitions of this process that keep failing now, and groups it is out of; empty when all is well. For health checks. */
  troubles(): readonly Trouble[] {
    return [...this.#outside.values(), ...[...this.#running].flatMap((runner) => runner.troubles)];
  }

  /** Bytes read ahead of the handlers now, in all subscriptions of this process. */
  get readAheadBytes(): number {
    return [...this.#sources].reduce((sum, source) => sum + source.bufferedBytes, 0);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#running].map((runner) => runner.stop()));
    await this.#publisher.close();
    await this.#reader.close();
    await this.#admin.disconnect().catch(() => undefined);
  }

  #recordOf(message: OutgoingMessage): OutgoingRecord {
    const bytes = checkMessage(message) + Buffer.byteLength(message.key) + RECORD_OVERHEAD_BYTES;
    const { topic, key, value } = message;
    const { partitions, dataSchema } = this.#topics.get(topic);
    const headers = headersOf(message, { source: `/trebol/${this.#options.clientId}`, dataSchema });
    return { topic, partition: partitionOf(key, partitions), key, value, headers, bytes };
  }
}
