import type { Claim, FetchedBatch } from '../runner/partition-source.ts';
import type { IncomingMessage, MessageFailure } from '../port.ts';
import { isLeftPacked } from './codecs.ts';
import { readRecord, RECORD_OVERHEAD_BYTES, type RawRecord } from './records.ts';
import { Shelf } from './shelf.ts';

const bytesOf = ({ key, value }: RawRecord): number => (value?.length ?? 0) + (key?.length ?? 0) + RECORD_OVERHEAD_BYTES;

const copied = <Value extends Buffer | string | null>(value: Value): Value => (Buffer.isBuffer(value) ? Buffer.from(value) as Value : value);

/** The record in memory of its own. */
function copyOf({ offset, timestamp, key, value, headers = {} }: RawRecord): RawRecord {
  const own = Object.entries(headers).map(([name, header]) => [name, Array.isArray(header) ? header.map(copied) : copied(header ?? null)]);
  return { offset, timestamp, key: copied(key), value: copied(value), headers: Object.fromEntries(own) as RawRecord['headers'] };
}

/** A partition given to this consumer by its group, with what was fetched of it and not handed over yet. */
export class KafkaClaim implements Claim {
  readonly topic: string;
  readonly partition: number;
  readonly shelf = new Shelf();
  /** Offset stored for the group; -1 for none yet. */
  committed: bigint;
  /** Offset of the next record wanted from the broker; undefined until the first came, for a group without offset. */
  position: bigint | undefined;
  /** Of the dead-letter topic: where to look for requests from next. */
  shelfTail = 0n;
  paused = false;
  readonly #ended = new AbortController();
  /** The raw records of batches handed over, for parking. */
  readonly #originals = new WeakMap<FetchedBatch, readonly RawRecord[]>();
  #buffer: RawRecord[] = [];
  #begin = 0;
  #bytes = 0;

  constructor(at: { readonly topic: string; readonly partition: number }, committed: bigint) {
    this.topic = at.topic;
    this.partition = at.partition;
    this.committed = committed;
    this.position = committed < 0n ? undefined : committed;
  }

  get parkedKeys(): ReadonlySet<string> {
    return this.shelf.keys;
  }

  get lost(): AbortSignal {
    return this.#ended.signal;
  }

  get bufferedMessages(): number {
    return this.#buffer.length - this.#begin;
  }

  get bufferedBytes(): number {
    return this.#bytes;
  }

  end(): void {
    this.#ended.abort();
    this.#buffer = [];
    this.#begin = 0;
    this.#bytes = 0;
  }

  /**
   * Takes what the broker sent, as long as no more than `bytesMax` wait, and one record at least when none waits; `through` is the last
   * offset it reached, of a record or of a marker between them. Unless it took the whole, the rest is to be fetched again from `position`
   * on: at once what was left packed, and when there is room again what made it full.
   */
  add(records: readonly RawRecord[], through: bigint, bytesMax: number): 'whole' | 'full' | 'leftPacked' {
    const before = this.#buffer.length;
    for (const record of records) {
      const offset = BigInt(record.offset);
      if (this.position !== undefined && offset < this.position) continue;
      if (isLeftPacked(record)) return 'leftPacked';
      if (!this.#put(record, bytesMax)) {
        // A record is a view into its whole unpacked batch: of one that did not fit, only copies are kept.
        this.#buffer.splice(before, Infinity, ...this.#buffer.slice(before).map(copyOf));
        return 'full';
      }
      this.position = offset + 1n;
    }
    if (this.position === undefined || through >= this.position) this.position = through + 1n;
    return 'whole';
  }

  /** The next messages, at most so many and so many bytes, and at least one. */
  take(messagesMax: number, bytesMax: number): FetchedBatch {
    let end = this.#begin;
    let bytes = 0;
    for (let next = this.#buffer[end]; next && end - this.#begin < messagesMax; next = this.#buffer[end]) {
      const size = bytesOf(next);
      if (end > this.#begin && bytes + size > bytesMax) break;
      bytes += size;
      end += 1;
    }
    const records = this.#buffer.slice(this.#begin, end);
    this.#drop(end, bytes);
    const last = BigInt(records.at(-1)?.offset ?? -1);
    return this.batch('new', records, this.bufferedMessages === 0 && this.position !== undefined ? this.position - 1n : last);
  }

  /** A batch of the given records as messages; each has the offset it had in its own topic. */
  batch(kind: FetchedBatch['kind'], records: readonly RawRecord[], through: bigint): FetchedBatch {
    const messages: IncomingMessage[] = [];
    const refused: MessageFailure[] = [];
    for (const record of records) {
      const { message, failure } = readRecord(record, { topic: this.topic, partition: this.partition, offset: BigInt(record.offset) });
      messages.push(message);
      if (failure) refused.push(failure);
    }
    const batch: FetchedBatch = { claim: this, kind, messages, refused, through };
    this.#originals.set(batch, records);
    return batch;
  }

  /** The record a message of a batch was read from. */
  originalOf(batch: FetchedBatch, message: IncomingMessage): RawRecord {
    const record = this.#originals.get(batch)?.[batch.messages.indexOf(message)];
    if (!record) throw new Error(`offset ${message.offset} is not of this batch`);
    return record;
  }

  #put(record: RawRecord, bytesMax: number): boolean {
    const bytes = bytesOf(record);
    if (this.bufferedMessages > 0 && this.#bytes + bytes > bytesMax) return false;
    this.#buffer.push(record);
    this.#bytes += bytes;
    return true;
  }

  #drop(end: number, bytes: number): void {
    this.#begin = end;
    this.#bytes -= bytes;
    // What was handed over is let go of, without moving the rest each time.
    if (this.#begin < this.#buffer.length / 2) return;
    this.#buffer = this.#buffer.slice(this.#begin);
    this.#begin = 0;
  }
}
