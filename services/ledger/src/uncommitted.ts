import type { Clock } from '@trebol/contracts';
import type { Checkpoint, EventStore, RecordedBatch } from '@trebol/event-store';

interface Parts {
  readonly eventStore: EventStore;
  readonly clock: Clock;
  readonly commitEvents: number;
  readonly commitMsMax?: number;
}

/** What a reader of the log has applied and not committed, and when the commit is due. */
export class Uncommitted {
  private events = 0;
  private last: RecordedBatch | undefined;
  private since: { readonly over: AbortController; readonly due: Promise<'due'> } | undefined;

  constructor(private readonly parts: Parts) {}

  get empty(): boolean {
    return this.last === undefined;
  }

  add(batch: RecordedBatch): void {
    this.events += batch.events.length;
    this.last = batch;
  }

  clear(): void {
    this.events = 0;
    this.last = undefined;
    this.since?.over.abort();
    this.since = undefined;
  }

  /** True when what was applied goes as far as `target`. */
  reaches(target: Checkpoint | undefined): boolean {
    return target !== undefined && this.last !== undefined && this.parts.eventStore.covers(this.last.checkpoint, target);
  }

  /** True when the commit must be made now. */
  isDue(waiters: readonly { readonly target: Checkpoint }[]): boolean {
    if (this.last === undefined) return false;
    if (this.events >= this.parts.commitEvents) return true;
    if (waiters.some(({ target }) => this.reaches(target))) return true;
    return this.last.caughtUp && (this.parts.commitMsMax ?? 0) === 0;
  }

  /**
   * Nothing when there is nothing to commit; else a promise that resolves when the commit has waited long enough, or when the function
   * handed to `hurry` is called.
   */
  due(hurry: (wake: () => void) => void): readonly Promise<'due'>[] {
    if (this.last === undefined || (this.parts.commitMsMax ?? 0) === 0) return [];
    this.since ??= this.begin(hurry);
    return [this.since.due];
  }

  private begin(hurry: (wake: () => void) => void): { readonly over: AbortController; readonly due: Promise<'due'> } {
    const over = new AbortController();
    const due = new Promise<'due'>((resolve) => {
      hurry(() => { resolve('due'); });
      const waited = this.parts.clock.sleep(this.parts.commitMsMax ?? 0, over.signal);
      waited.then(() => { if (!over.signal.aborted) resolve('due'); }, () => undefined);
    });
    return { over, due };
  }
}
