import type { Clock } from '@trebol/contracts';
import type { Admin } from 'kafkajs';
import { BATCH_BYTES_MAX } from '../limits.ts';
import type { IncomingMessage, MessageFailure } from '../port.ts';
import type { FetchedBatch, Step } from '../runner/partition-source.ts';
import type { KafkaClaim } from './claim.ts';
import type { LogReader } from './log-reader.ts';
import {
  answeredRecord, askedRecord, originalOf, parkedRecord, passedRecord, readParked, type Failed, type ParkedRecord, type Slot,
} from './parked-record.ts';
import type { Publisher } from './publisher.ts';
import type { OutgoingRecord, RawRecord } from './records.ts';
import { Shelf } from './shelf.ts';
import type { KafkaTopics } from './topics.ts';

export interface LoadedShelf {
  readonly shelf: Shelf;
  /** Where to read on. */
  readonly tail: bigint;
}

export interface ShelfParts {
  readonly reader: LogReader;
  readonly publisher: Publisher;
  readonly topics: KafkaTopics;
  readonly admin: Admin;
  readonly clock: Clock;
}

/**
 * Parked messages in dead-letter topics. Only the holder of a partition parks and frees there; everybody else may ask for a replay. A
 * record takes the place of the one before of its message, so that parking the same batch again after a crash changes nothing.
 */
export class ShelfKeeper {
  readonly #parts: ShelfParts;
  /** Dead-letter topics known to exist. */
  readonly #queues = new Set<string>();

  constructor(parts: ShelfParts) {
    this.#parts = parts;
  }

  /** The state of the given partitions, by queue and partition; nothing for a queue that was never needed. */
  async load(slots: readonly Slot[]): Promise<ReadonlyMap<string, ReadonlyMap<number, LoadedShelf>>> {
    const present = new Set(await this.#parts.admin.listTopics());
    const result = new Map<string, Map<number, LoadedShelf>>();
    for (const queue of new Set(slots.map((slot) => slot.queue))) {
      if (!present.has(queue)) continue;
      this.#queues.add(queue);
      const reach = await this.#parts.reader.reachOf(queue);
      const shelves = new Map<number, LoadedShelf>();
      for (const { partition } of slots.filter((slot) => slot.queue === queue)) {
        const { low, high } = reach.get(partition) ?? { low: 0n, high: 0n };
        const shelf = new Shelf();
        for await (const record of this.#parts.reader.read(queue, partition, { low, high })) apply(shelf, record);
        shelves.set(partition, { shelf, tail: high });
      }
      result.set(queue, shelves);
    }
    return result;
  }

  /** Parks what failed and what waits behind it; what is parked already stays as it is. Durable when this returns. */
  async park(claim: KafkaClaim, slot: Slot, { batch, failed, waiting }: Step): Promise<void> {
    if (!this.#queues.has(slot.queue)) {
      await this.#parts.topics.createQueue(slot.topic, slot.queue);
      this.#queues.add(slot.queue);
    }
    const failures = new Map<IncomingMessage, MessageFailure>(failed.map((failure) => [failure.message, failure]));
    const wanted = [...failures.keys(), ...waiting].filter((message) => claim.shelf.get(message.offset) === undefined);
    await this.#write(claim, wanted.map((message) => parkedRecord(slot, claim.originalOf(batch, message),
      { key: message.key, failed: this.#failedOf(failures.get(message), 0) })));
  }

  /** What passed is freed; a new failure takes the place of the old; what could not be fetched at once is asked for again. */
  async commitReplay(claim: KafkaClaim, slot: Slot, { batch, failed: [failure] }: Step): Promise<void> {
    const passed = failure ? batch.messages.filter((message) => message.offset < failure.message.offset) : batch.messages;
    const last = batch.messages.at(-1);
    if (!last) return;
    const asked = claim.shelf.askedOf(last.key);
    const records = [
      ...asked.map((offset) => answeredRecord(slot, offset)), ...passed.map((message) => passedRecord(slot, message.offset)),
    ];
    if (failure) {
      const { message } = failure;
      const attempts = claim.shelf.get(message.offset)?.failed?.attempts ?? 0;
      // The original has the place of the message in its own topic.
      const original = { ...claim.originalOf(batch, message), offset: String(message.offset) };
      records.unshift(parkedRecord(slot, original, { key: message.key, failed: this.#failedOf(failure, attempts) }));
    } else {
      const next = claim.shelf.after(last.key, last.offset);
      if (next !== undefined) records.push(askedRecord(slot, next));
    }
    await this.#write(claim, records);
  }

  /** The next batch of a replay, read back from the dead-letter topic. */
  async nextReplay(claim: KafkaClaim, slot: Slot, batchMax: number): Promise<FetchedBatch | undefined> {
    const wanted = claim.shelf.nextReplay(batchMax);
    if (wanted.length === 0) return undefined;
    const found = await this.#read(slot, wanted, claim);
    const records: RawRecord[] = [];
    let bytes = 0;
    for (const offset of wanted) {
      const record = found.get(offset);
      bytes += record?.value?.length ?? 0;
      if (!record || (records.length > 0 && bytes > BATCH_BYTES_MAX)) break;
      records.push({ ...originalOf(record), offset: String(offset) });
    }
    if (records.length === 0) throw new Error(`${slot.queue}/${slot.partition} has nothing at offset ${wanted[0]}`);
    return claim.batch('replay', records, 0n);
  }

  /** Applies requests that came since the last look. All else in there the holder wrote itself. */
  async lookForRequests(claim: KafkaClaim, { queue, partition }: Slot): Promise<void> {
    const high = (await this.#parts.reader.reachOf(queue)).get(partition)?.high ?? 0n;
    for await (const record of this.#parts.reader.read(queue, partition, { low: claim.shelfTail, high })) {
      const read = readParked(record);
      if (read?.kind === 'asked' && !claim.lost.aborted) claim.shelf.apply(read);
    }
    claim.shelfTail = high;
  }

  /** Asks the holder of a partition for a replay. */
  async ask(requests: readonly { readonly slot: Slot; readonly offset: bigint }[]): Promise<void> {
    await this.#parts.publisher.write(requests.map(({ slot, offset }) => askedRecord(slot, offset)));
  }

  async #read({ queue, partition }: Slot, wanted: readonly bigint[], claim: KafkaClaim): Promise<ReadonlyMap<bigint, RawRecord>> {
    const places = wanted.map((offset) => claim.shelf.get(offset)?.at ?? -1n);
    const reach = (await this.#parts.reader.reachOf(queue)).get(partition) ?? { low: 0n, high: 0n };
    const isKnown = places.every((place) => place >= 0n);
    const sorted = places.toSorted((a, b) => (a < b ? -1 : 1));
    const range = isKnown ? { low: sorted[0] ?? 0n, high: (sorted.at(-1) ?? 0n) + 1n } : reach;
    const offsets = new Set(wanted);
    const found = new Map<bigint, RawRecord>();
    for await (const record of this.#parts.reader.read(queue, partition, range)) {
      const read = readParked(record);
      if (read?.kind === 'parked' && offsets.has(read.offset)) found.set(read.offset, record);
    }
    return found;
  }

  #failedOf(failure: MessageFailure | undefined, attemptsBefore: number): Failed | undefined {
    return failure && { code: failure.code, detail: failure.detail, attempts: attemptsBefore + 1, failedAt: this.#parts.clock.now() };
  }

  async #write(claim: KafkaClaim, records: readonly OutgoingRecord[]): Promise<void> {
    for (const { record, offset } of await this.#parts.publisher.write(records)) {
      const { key, value, headers, timestamp = '0' } = record;
      apply(claim.shelf, {
        offset: String(offset), key: Buffer.from(key), value: typeof value === 'string' ? Buffer.from(value) : value, headers, timestamp,
      });
    }
  }
}

export function apply(shelf: Shelf, record: RawRecord): ParkedRecord | undefined {
  const read = readParked(record);
  if (read) shelf.apply(read);
  return read;
}
