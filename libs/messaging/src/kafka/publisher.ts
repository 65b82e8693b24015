import type { Clock } from '@trebol/contracts';
import kafkajs, { type Producer, type RecordMetadata, type TopicMessages } from 'kafkajs';
import { KAFKA_RETRY } from './connection.ts';
import type { OutgoingRecord } from './records.ts';

/** Most bytes for one partition in one request: the broker takes 1 MiB as one batch by default. */
const PARTITION_BYTES_MAX = 1_003_000;
/** Most bytes and records of one request, for memory and for the time a request takes. */
const REQUEST_BYTES_MAX = 8 * 1_048_576;
const REQUEST_RECORDS_MAX = 5_000;
/** A publish that is not acknowledged by then is given up: the caller publishes again with the same ids. */
export const PUBLISH_MS_MAX = 30_000;

/** A record and, once it is written, its offset. */
export interface WrittenRecord {
  readonly record: OutgoingRecord;
  /** -1 where the broker recognised a repetition and did not say. */
  readonly offset: bigint;
}

interface Publication {
  readonly records: readonly OutgoingRecord[];
  readonly written: WrittenRecord[];
  done(): void;
  failed(error: unknown): void;
}

/** A piece of a publication for one request. */
interface Entry {
  readonly publication: Publication;
  readonly record: OutgoingRecord;
}

/**
 * Writes records with all replicas' acknowledgement. One request is on its way at a time and carries what came meanwhile. After any
 * failure the producer is thrown away: kafkajs would give the sequence numbers of a write with unknown outcome to the next one, and the
 * broker would take that for a repetition and drop it silently.
 */
export class Publisher {
  readonly #newProducer: () => Producer;
  readonly #clock: Clock;
  readonly #queue: Publication[] = [];
  #producer: Promise<Producer> | undefined;
  #pump: Promise<void> | undefined;

  constructor(newProducer: () => Producer, clock: Clock) {
    this.#newProducer = newProducer;
    this.#clock = clock;
  }

  /** Resolves when all are durable; on a rejection any of them may be. */
  async write(records: readonly OutgoingRecord[]): Promise<readonly WrittenRecord[]> {
    if (records.length === 0) return [];
    const written: WrittenRecord[] = [];
    await new Promise<void>((done, failed) => {
      this.#queue.push({ records, written, done, failed });
      this.#pump ??= this.#run().finally(() => { this.#pump = undefined; });
    });
    return written;
  }

  async close(): Promise<void> {
    await this.#pump;
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.then((connected) => connected.disconnect()).catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const publications = this.#take();
      try {
        for (const round of roundsOf(publications)) await this.#send(round);
        for (const publication of publications) publication.done();
      } catch (error) {
        for (const publication of publications) publication.failed(error);
      }
    }
  }

  #take(): readonly Publication[] {
    const taken: Publication[] = [];
    let records = 0;
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      records += next.records.length;
      if (taken.length > 0 && records > REQUEST_RECORDS_MAX) break;
      taken.push(next);
      this.#queue.shift();
    }
    return taken;
  }

  async #send(round: readonly Entry[]): Promise<void> {
    const over = new AbortController();
    const late = this.#clock.sleep(PUBLISH_MS_MAX, over.signal).then(() => {
      if (!over.signal.aborted) throw new Error(`Kafka did not acknowledge within ${PUBLISH_MS_MAX / 1000} s`);
      return [];
    });
    try {
      note(round, await Promise.race([this.#request(round), late]));
    } catch (error) {
      this.#discard();
      throw error;
    } finally {
      over.abort();
      await late.catch(() => undefined);
    }
  }

  async #request(round: readonly Entry[]): Promise<RecordMetadata[]> {
    const producer = await (this.#producer ??= this.#connect());
    return await producer.sendBatch({ acks: -1, compression: kafkajs.CompressionTypes.ZSTD, topicMessages: messagesOf(round) });
  }

  async #connect(): Promise<Producer> {
    const producer = this.#newProducer();
    await producer.connect();
    return producer;
  }

  #discard(): void {
    void this.#producer?.then((producer) => producer.disconnect()).catch(() => undefined);
    this.#producer = undefined;
  }
}

/** Options of the producers a publisher is given. */
export const PRODUCER_OPTIONS = {
  idempotent: true, allowAutoTopicCreation: false, maxInFlightRequests: 1, retry: KAFKA_RETRY,
  createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
} as const;

const slotOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}/${partition}`;

/** Cuts publications into requests that the broker takes, keeping the order within each partition. */
function* roundsOf(publications: readonly Publication[]): Generator<readonly Entry[]> {
  let left: readonly Entry[] = publications.flatMap((publication) => publication.records.map((record) => ({ publication, record })));
  while (left.length > 0) {
    const round: Entry[] = [];
    const later: Entry[] = [];
    const bytes = new Map<string, number>();
    const full = new Set<string>();
    let total = 0;
    for (const entry of left) {
      const slot = slotOf(entry.record);
      const inSlot = bytes.get(slot) ?? 0;
      const fits = (inSlot === 0 || inSlot + entry.record.bytes <= PARTITION_BYTES_MAX)
        && (round.length === 0 || total + entry.record.bytes <= REQUEST_BYTES_MAX) && round.length < REQUEST_RECORDS_MAX;
      if (!fits) full.add(slot);
      if (full.has(slot)) {
        later.push(entry);
        continue;
      }
      bytes.set(slot, inSlot + entry.record.bytes);
      total += entry.record.bytes;
      round.push(entry);
    }
    yield round;
    left = later;
  }
}

function messagesOf(round: readonly Entry[]): TopicMessages[] {
  const byTopic = new Map<string, TopicMessages>();
  for (const { record: { topic, partition, key, value, headers, timestamp } } of round) {
    const found = byTopic.get(topic) ?? { topic, messages: [] };
    byTopic.set(topic, found);
    found.messages.push({ partition, key, value, headers, ...(timestamp === undefined ? {} : { timestamp }) });
  }
  return [...byTopic.values()];
}

/** Tells each publication where its records went: a request's records of one partition lie one after the other. */
function note(round: readonly Entry[], answers: readonly RecordMetadata[]): void {
  const next = new Map(answers.map((answer) => [`${answer.topicName}/${answer.partition}`, BigInt(answer.baseOffset ?? -1)]));
  for (const { publication, record } of round) {
    const slot = slotOf(record);
    const offset = next.get(slot) ?? -1n;
    publication.written.push({ record, offset });
    if (offset >= 0n) next.set(slot, offset + 1n);
  }
}
