import { StoreOverloaded } from '../overloaded.ts';
import type { AppendOutcome, StreamAppend, StreamName } from '../port.ts';
import { bytesOf } from '../validate-append.ts';

/**
 * Most appends that may wait. At the 10,000 a second that groups reach, the last of them waits a few tenths of a second; a longer
 * queue would only keep tills waiting for answers they have given up on.
 */
export const WAITING_APPENDS_MAX = 4_096;
/** Most streams in one group: bounds how long the first of them waits for the last. */
const GROUP_STREAMS_MAX = 200;
/** Most bytes of events in one group; a single append may exceed it and then goes alone. */
const GROUP_BYTES_MAX = 4_194_304;

type Append = (batch: readonly StreamAppend[]) => Promise<AppendOutcome[]>;

interface Waiting {
  readonly batch: readonly StreamAppend[];
  readonly bytes: number;
  readonly resolve: (outcomes: AppendOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends that arrive while another is being written share the next transaction: one flush to disk for all of them. The next
 * group starts when the previous one ends; there are no timers. Streams are guarded one by one, so a conflict of one
 * append never touches another; an append that PostgreSQL refuses is found by writing the group's appends one at a time.
 */
export class GroupCommit {
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;

  constructor(private readonly write: Append) {}

  /** Throws `StoreOverloaded` when too many wait already; nothing is written then. */
  append(batch: readonly StreamAppend[]): Promise<AppendOutcome[]> {
    if (this.waiting.length >= WAITING_APPENDS_MAX) {
      return Promise.reject(new StoreOverloaded(`${this.waiting.length} appends are waiting already, no more are taken`));
    }
    const bytes = batch.reduce((sum, { events }) => sum + events.reduce((part, event) => part + bytesOf(event), 0), 0);
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, bytes, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Resolves when nothing waits or runs any more. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    // Appends made in the same turn of the event loop belong together from the first group on.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.writeGroup(this.takeGroup());
    this.running = undefined;
  }

  /**
   * The longest waiting, up to the limits. One that names a stream of the group already stays for the next group, and so does
   * everything after it on that stream.
   */
  private takeGroup(): Waiting[] {
    const group: Waiting[] = [];
    const left: Waiting[] = [];
    const named = new Set<StreamName>();
    let bytes = 0;
    let streams = 0;
    for (const next of this.waiting) {
      const full = streams + next.batch.length > GROUP_STREAMS_MAX || bytes + next.bytes > GROUP_BYTES_MAX;
      if (full && group.length > 0) break;
      if (next.batch.some((append) => named.has(append.stream))) {
        left.push(next);
      } else {
        group.push(next);
        streams += next.batch.length;
        bytes += next.bytes;
      }
      next.batch.forEach((append) => named.add(append.stream));
    }
    this.waiting = [...left, ...this.waiting.slice(group.length + left.length)];
    return group;
  }

  private async writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.write(group.flatMap((member) => member.batch));
      let from = 0;
      for (const member of group) {
        member.resolve(outcomes.slice(from, from + member.batch.length));
        from += member.batch.length;
      }
    } catch (error) {
      const [first] = group;
      if (group.length === 1 && first) first.reject(error);
      else for (const member of group) await this.writeGroup([member]);
    }
  }
}
