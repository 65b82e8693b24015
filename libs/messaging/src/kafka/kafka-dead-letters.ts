import { queueName, type DeadLetter, type DeadLetterId, type DeadLetters } from '../dead-letters.ts';
import type { Admin } from 'kafkajs';
import type { LogReader } from './log-reader.ts';
import { deadLetterId, originalOf, type Failed, type Slot } from './parked-record.ts';
import { readRecord, type RawRecord } from './records.ts';
import { apply, type ShelfKeeper } from './shelf-keeper.ts';
import { Shelf } from './shelf.ts';
import type { KafkaTopics } from './topics.ts';

/** More than an operator reads; replaying all does not depend on it. */
const LIST_MAX = 1_000;

interface FoundLetter {
  readonly slot: Slot;
  readonly offset: bigint;
  readonly failed: Failed;
  readonly record: RawRecord;
  readonly waiting: number;
  readonly replaying: boolean;
}

function letterOf(group: string, { slot, offset, failed, record, waiting, replaying }: FoundLetter): DeadLetter {
  const { message } = readRecord(originalOf(record), { topic: slot.topic, partition: slot.partition, offset });
  return { id: deadLetterId(slot, offset), queue: slot.queue, group, message, ...failed, waiting, replaying };
}

/** Dead letters in Kafka topics; a replay is asked for here and done by the consumer that holds the partition. */
export class KafkaDeadLetters implements DeadLetters {
  readonly #admin: Admin;
  readonly #topics: KafkaTopics;
  readonly #reader: LogReader;
  readonly #shelves: ShelfKeeper;

  constructor(parts: { admin: Admin; topics: KafkaTopics; reader: LogReader; shelves: ShelfKeeper }) {
    this.#admin = parts.admin;
    this.#topics = parts.topics;
    this.#reader = parts.reader;
    this.#shelves = parts.shelves;
  }

  async list(group: string): Promise<readonly DeadLetter[]> {
    const found = await this.#find(group);
    return found.toSorted((a, b) => a.failed.failedAt - b.failed.failedAt).slice(0, LIST_MAX).map((letter) => letterOf(group, letter));
  }

  async replay(group: string, which: DeadLetterId | 'all'): Promise<number> {
    const found = await this.#find(group);
    const wanted = found.filter(({ slot, offset }) => which === 'all' || deadLetterId(slot, offset) === which);
    await this.#shelves.ask(wanted);
    return wanted.length;
  }

  async #find(group: string): Promise<readonly FoundLetter[]> {
    const present = new Set(await this.#admin.listTopics());
    const found: FoundLetter[] = [];
    for (const topic of this.#topics.names()) {
      const queue = queueName(topic, group);
      if (!present.has(queue)) continue;
      for (const [partition, reach] of await this.#reader.reachOf(queue)) {
        if (reach.high > reach.low) found.push(...await this.#findIn({ queue, topic, partition }, reach));
      }
    }
    return found;
  }

  async #findIn(slot: Slot, reach: { low: bigint; high: bigint }): Promise<readonly FoundLetter[]> {
    const shelf = new Shelf();
    // Those of failed messages alone: what waits behind them may be much more.
    const records = new Map<bigint, RawRecord>();
    for await (const record of this.#reader.read(slot.queue, slot.partition, reach)) {
      const read = apply(shelf, record);
      if (read?.kind === 'parked' && read.parked.failed) records.set(read.offset, record);
      else if (read?.kind === 'passed') records.delete(read.offset);
    }
    return shelf.failed().flatMap(({ offset, failed, waiting, replaying }) => {
      const record = records.get(offset);
      return record && failed ? [{ slot, offset, failed, record, waiting, replaying }] : [];
    });
  }
}
