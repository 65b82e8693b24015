import { StoreOverloaded, type AppendOutcome, type EventStore, type Lane, type StreamAppend, type StreamName } from '@trebol/event-store';

type Fault =
  /** Written, but the answer is lost. */
  | 'lostAfterWriting'
  /** Neither written nor answered. */
  | 'lostBeforeWriting'
  /** Written, and then the process dies. */
  | 'crashAfterWriting'
  /** Not taken: too many wait already. */
  | 'overloaded'
  /** All is well this time. */
  | 'none';

/** A real store behind an unreliable line: faults happen to the next appends, in order. Everything else passes through. */
export class FaultyStore {
  readonly store: EventStore;
  readonly appends: { readonly batch: readonly StreamAppend[]; readonly lane: Lane | undefined }[] = [];
  loads = 0;
  faults: Fault[] = [];
  /** Reads that fail from now on. */
  readsFail = false;
  /** Runs before the next append reaches the store: somebody else is quicker. */
  before: (() => Promise<void>) | undefined;

  constructor(inner: EventStore) {
    this.store = new Proxy(inner, {
      get: (target, name: keyof EventStore) => {
        if (name === 'append') return (batch: readonly StreamAppend[], lane?: Lane) => this.append(target, batch, lane);
        if (name === 'load') return (streams: readonly StreamName[]) => { this.loads += 1; return target.load(streams); };
        if (name === 'readStream' && this.readsFail) return () => { throw new Error('the line is down'); };
        const member: unknown = target[name];
        return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
      },
    });
  }

  private async append(inner: EventStore, batch: readonly StreamAppend[], lane?: Lane): Promise<readonly AppendOutcome[]> {
    this.appends.push({ batch, lane });
    const { before } = this;
    this.before = undefined;
    if (before !== undefined) await before();
    const fault = this.faults.shift();
    if (fault === undefined || fault === 'none') return inner.append(batch, lane);
    if (fault === 'overloaded') throw new StoreOverloaded('4,096 appends are waiting already');
    if (fault !== 'lostBeforeWriting') await inner.append(batch, lane);
    if (fault === 'crashAfterWriting') throw new Error('killed');
    return batch.map(() => ({ status: 'unknown', cause: new Error('time-out') }));
  }
}
