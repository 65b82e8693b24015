import type { Clock } from '@trebol/contracts';
import kafkajs, { type Admin, type ConfigEntries, type ITopicMetadata } from 'kafkajs';
import { checkTopics, type BusTopic } from '../bus-topic.ts';

const { ConfigResourceTypes } = kafkajs;
/** More copies than that cost and do not help. */
const REPLICATION_MAX = 3;
const DAY_MS = 86_400_000;
/** Brokers learn of a new topic some time after it was made; busy ones need seconds. */
const KNOWN_ATTEMPTS_MAX = 60;
const KNOWN_PAUSE_MS = 250;
/** `DYNAMIC_TOPIC_CONFIG`: set on the topic itself. */
const OWN_SETTING = 1;

/**
 * Retention counts from when the broker got a message, as on PostgreSQL. Brokers turn every batch into ZSTD, which we read: a till that
 * compresses with snappy or lz4 does not stop us.
 */
const settingsOf = ({ retention }: BusTopic): Readonly<Record<string, string>> => ({
  'message.timestamp.type': 'LogAppendTime', 'compression.type': 'zstd',
  ...(retention === 'compacted'
    ? { 'cleanup.policy': 'compact' }
    : { 'cleanup.policy': 'delete', 'retention.ms': String(retention.days * DAY_MS) }),
});

/** Parked messages stay until they are handed over; their records are replaced by key. */
const DEAD_LETTER_SETTINGS = { 'cleanup.policy': 'compact', 'compression.type': 'zstd', 'max.message.bytes': '2097152' } as const;

const entriesOf = (settings: Readonly<Record<string, string>>): { name: string; value: string }[] =>
  Object.entries(settings).map(([name, value]) => ({ name, value }));

export interface TopicParts {
  readonly admin: Admin;
  readonly clock: Clock;
}

/** The declared topics, as they are on the brokers. */
export class KafkaTopics {
  readonly #byName: ReadonlyMap<string, BusTopic>;
  readonly #admin: Admin;
  readonly #clock: Clock;
  readonly #replication: number;

  private constructor({ admin, clock }: TopicParts, declared: readonly BusTopic[], replication: number) {
    this.#admin = admin;
    this.#clock = clock;
    this.#byName = new Map(declared.map((topic) => [topic.name, topic]));
    this.#replication = replication;
  }

  /**
   * Makes the declared topics exist with their retention; other settings that somebody gave them stay. Throws when the number of partitions
   * differs: it would send a key to another partition while older messages of it are still on their way.
   */
  static async install(parts: TopicParts, declared: readonly BusTopic[], replication?: number): Promise<KafkaTopics> {
    checkTopics(declared);
    const { admin } = parts;
    const { brokers } = await admin.describeCluster();
    const topics = new KafkaTopics(parts, declared, replication ?? Math.min(REPLICATION_MAX, brokers.length));
    const present = new Set(await admin.listTopics());
    await topics.#create(declared.filter(({ name }) => !present.has(name)).map((topic) => ({ topic, settings: settingsOf(topic) })));
    await topics.#checkPartitions();
    await topics.#followRetention(declared.filter(({ name }) => present.has(name)));
    return topics;
  }

  /** Throws a RangeError on a topic that was not declared: the bus makes no topics from misspelt names. */
  get(name: string): BusTopic {
    const topic = this.#byName.get(name);
    if (!topic) throw new RangeError(`unknown topic ${name}`);
    return topic;
  }

  names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** Makes a topic's dead-letter topic, with as many partitions: parked messages lie in the partition of their number. */
  async createQueue(of: string, queue: string): Promise<void> {
    await this.#create([{ topic: { ...this.get(of), name: queue }, settings: DEAD_LETTER_SETTINGS }]);
    await this.#known([queue]);
  }

  async #create(wanted: readonly { topic: BusTopic; settings: Readonly<Record<string, string>> }[]): Promise<void> {
    if (wanted.length === 0) return;
    // Answers false for those that somebody else has made meanwhile.
    await this.#admin.createTopics({
      waitForLeaders: false,
      topics: wanted.map(({ topic, settings }) => ({
        topic: topic.name, numPartitions: topic.partitions, replicationFactor: this.#replication, configEntries: entriesOf(settings),
      })),
    });
  }

  async #checkPartitions(): Promise<void> {
    for (const { name, partitions } of await this.#known([...this.#byName.keys()])) {
      const wanted = this.get(name).partitions;
      if (partitions.length !== wanted) {
        throw new Error(`topic ${name} has ${partitions.length} partitions, not ${wanted}: they cannot change once messages exist`);
      }
    }
  }

  async #known(names: readonly string[]): Promise<readonly ITopicMetadata[]> {
    if (names.length === 0) return [];
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.#admin.fetchTopicMetadata({ topics: [...names] })).topics;
      } catch (error) {
        if (attempt >= KNOWN_ATTEMPTS_MAX) throw error;
        await this.#clock.sleep(KNOWN_PAUSE_MS);
      }
    }
  }

  /** Kafka's old request replaces all settings of a topic, so those it has are sent along. */
  async #followRetention(topics: readonly BusTopic[]): Promise<void> {
    if (topics.length === 0) return;
    const { resources } = await this.#admin.describeConfigs({
      includeSynonyms: false, resources: topics.map(({ name }) => ({ type: ConfigResourceTypes.TOPIC, name })),
    });
    const changed = resources.flatMap(({ resourceName, configEntries }) => {
      const wanted = settingsOf(this.get(resourceName));
      const has = new Map(configEntries.map((entry) => [entry.configName, entry.configValue]));
      if (Object.entries(wanted).every(([name, value]) => has.get(name) === value)) return [];
      const settings = entriesOf({ ...ownSettings(configEntries), ...wanted });
      return [{ type: ConfigResourceTypes.TOPIC, name: resourceName, configEntries: settings }];
    });
    if (changed.length > 0) await this.#admin.alterConfigs({ validateOnly: false, resources: changed });
  }
}

const ownSettings = (entries: readonly ConfigEntries[]): Record<string, string> =>
  Object.fromEntries(entries.filter(({ configSource }) => Number(configSource) === OWN_SETTING)
    .map((entry) => [entry.configName, entry.configValue]));
