import type { ProcessEdge } from '../lifecycle/run-until-signal.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** What is heard of the process; a test gives its own. */
export interface SignalSource { on(signal: NodeJS.Signals, listener: () => void): unknown }

/**
 * Signals heard from the beginning, for somebody who will ask for them later: one that comes while a process
 * is still opening its stores is kept, and the first who waits for it gets it.
 */
export class HeardSignals implements ProcessEdge {
  private readonly kept: NodeJS.Signals[] = [];
  private readonly waiting: { readonly signal: NodeJS.Signals; readonly listener: () => void }[] = [];

  constructor(
    source: SignalSource = process,
    private readonly end: (code: number) => void = (code) => process.exit(code)
  ) {
    for (const signal of SIGNALS) source.on(signal, () => this.hear(signal));
  }

  /** A signal that was heard and that nobody has waited for yet. */
  get pending(): boolean { return this.kept.length > 0; }

  once(signal: NodeJS.Signals, listener: () => void): void {
    const index = this.kept.indexOf(signal);
    if (index === -1) {
      this.waiting.push({ signal, listener });
      return;
    }
    this.kept.splice(index, 1);
    listener();
  }

  exit(code: number): void { this.end(code); }

  private hear(signal: NodeJS.Signals): void {
    const index = this.waiting.findIndex((waiter) => waiter.signal === signal);
    const [waiter] = index === -1 ? [] : this.waiting.splice(index, 1);
    if (waiter) waiter.listener();
    else this.kept.push(signal);
  }
}
