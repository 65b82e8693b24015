import { open, type FileHandle, mkdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';

/** Most bytes of one append, as the server counts them: data, metadata and twice the type. */
export const APPEND_BYTES_MAX = 1_048_576;
/** Bytes that a record takes besides its content: positions grow as they do on a disk, with gaps between them. */
const RECORD_BYTES = 100;
/** Ticks of 100 ns in a millisecond. */
const TICKS_PER_MS = 10_000n;

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Buffer;
  readonly metadata: Buffer;
}

export interface StoredEvent extends ProposedEvent {
  readonly stream: string;
  /** From 0 on. */
  readonly revision: number;
  /** Commit and prepare position at once: an append of this server needs no separate commit record. */
  readonly position: bigint;
  /** In ticks of 100 ns. */
  readonly created: string;
}

/** What the append expects: an exact revision from 0 on, or one of the words. */
export type Expected = number | 'noStream' | 'any' | 'streamExists';

export type Applied =
  | {
    readonly kind: 'appended' | 'again'; readonly revision: number; readonly position: bigint;
    /** Resolves when it is on disk, and only then may it be answered. */
    readonly durable: Promise<void>;
    /** A retry that came before the original was on disk. */
    readonly inFlight: boolean;
  }
  | { readonly kind: 'conflict'; readonly current: number | undefined }
  | { readonly kind: 'tooLarge' };

interface Arrival { readonly events: readonly ProposedEvent[]; readonly created: string }
interface Line { s: string; c: string; e: { i: string; t: string; y: string; d: string; m: string }[] }

/**
 * The log of the rig: checks expected revisions and recognises retries the way the server does, event by event at its
 * revision. Readers see only what is durable. With a folder each append is on disk (fsync) before it is answered.
 */
export class EventLog {
  /** What readers may see, in order. */
  readonly all: StoredEvent[] = [];
  private readonly streams = new Map<string, StoredEvent[]>();
  private readonly waiting: { text: string; events: StoredEvent[]; done: () => void }[] = [];
  private readonly listeners = new Set<() => void>();
  private last = 0n;
  private writing = false;
  private file: FileHandle | undefined;

  static async open(folder?: string): Promise<EventLog> {
    const log = new EventLog();
    if (folder !== undefined) await log.recover(folder);
    return log;
  }

  /** All events of a stream that readers may see. */
  stream(name: string): readonly StoredEvent[] {
    const events = this.streams.get(name) ?? [];
    return (events.at(-1)?.position ?? 0n) <= this.end ? events : events.filter(({ position }) => position <= this.end);
  }

  /** Calls back after every change until the returned function is called. */
  onAppended(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }

  append(stream: string, expected: Expected, events: readonly ProposedEvent[]): Applied {
    const bytes = events.reduce((sum, { data, metadata, type }) => sum + data.length + metadata.length + type.length * 2, 0);
    if (bytes > APPEND_BYTES_MAX) return { kind: 'tooLarge' };
    const present = this.streams.get(stream) ?? [];
    const at = expectedEnd(expected, present.length);
    if (at === present.length) return this.write(stream, present, events);
    const last = at === undefined ? undefined : lastOfRetry(present.slice(at, at + events.length), events);
    if (last === undefined) return { kind: 'conflict', current: present.length === 0 ? undefined : present.length - 1 };
    const { revision, position } = last;
    return { kind: 'again', revision, position, durable: Promise.resolve(), inFlight: position > this.end };
  }

  /** The last position that readers may see. */
  get end(): bigint {
    return this.all.at(-1)?.position ?? 0n;
  }

  async close(): Promise<void> {
    while (this.writing) await new Promise((resolve) => { setImmediate(resolve); });
    await this.file?.close();
  }

  private write(stream: string, present: StoredEvent[], events: readonly ProposedEvent[]): Applied {
    const created = String(BigInt(Date.now()) * TICKS_PER_MS + BigInt(this.all.length % 10_000));
    const stored = this.place(stream, present, { events, created });
    const last = stored.at(-1);
    const durable = last === undefined ? Promise.resolve() : this.toDisk(stream, stored, created);
    return { kind: 'appended', revision: present.length - 1, position: last?.position ?? this.last, durable, inFlight: false };
  }

  private place(stream: string, present: StoredEvent[], { events, created }: Arrival): StoredEvent[] {
    const first = present.length;
    const stored = events.map((event, index): StoredEvent => {
      this.last += BigInt(RECORD_BYTES + event.data.length + event.metadata.length);
      return { ...event, stream, revision: first + index, position: this.last, created };
    });
    present.push(...stored);
    if (stored.length > 0) this.streams.set(stream, present);
    return stored;
  }

  private toDisk(stream: string, events: StoredEvent[], created: string): Promise<void> {
    if (this.file === undefined) {
      this.show(events);
      return Promise.resolve();
    }
    const line: Line = { s: stream, c: created, e: events.map(({ id, type, contentType, data, metadata }) =>
      ({ i: id, t: type, y: contentType, d: data.toString('base64'), m: metadata.toString('base64') })) };
    return new Promise((done) => {
      this.waiting.push({ text: `${JSON.stringify(line)}\n`, events, done });
      if (!this.writing) void this.flush();
    });
  }

  /** One write and one fsync for all that have come meanwhile. */
  private async flush(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0);
      await this.file?.write(group.map(({ text }) => text).join(''));
      await this.file?.datasync();
      for (const { events, done } of group) {
        this.show(events);
        done();
      }
    }
    this.writing = false;
  }

  private show(events: readonly StoredEvent[]): void {
    for (const event of events) this.all.push(event);
    for (const listener of this.listeners) listener();
  }

  private async recover(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'log.jsonl');
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    const whole = bytes.lastIndexOf(10) + 1; // what a kill left half-written was never answered
    for (const text of bytes.subarray(0, whole).toString().split('\n').slice(0, -1)) {
      const { s, c, e } = JSON.parse(text) as Line;
      const events = e.map(({ i, t, y, d, m }) =>
        ({ id: i, type: t, contentType: y, data: Buffer.from(d, 'base64'), metadata: Buffer.from(m, 'base64') }));
      this.all.push(...this.place(s, this.streams.get(s) ?? [], { events, created: c }));
    }
    if (whole < bytes.length) await truncate(path, whole);
    this.file = await open(path, 'a');
  }
}

/** The last of the events that stand where the append wants its own to be, when they are the same ones in the same order. */
function lastOfRetry(standing: readonly StoredEvent[], events: readonly ProposedEvent[]): StoredEvent | undefined {
  return standing.length === events.length && events.every(({ id }, index) => id === standing[index]?.id) ? standing.at(-1) : undefined;
}

/** Number of events that the append expects before its own; undefined when the stream does not meet the expectation at all. */
function expectedEnd(expected: Expected, length: number): number | undefined {
  switch (expected) {
    case 'noStream': return 0;
    case 'any': return length;
    case 'streamExists': return length > 0 ? length : undefined;
    default: return expected + 1;
  }
}
