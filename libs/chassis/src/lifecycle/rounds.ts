import { Logger } from '@nestjs/common';
import type { Clock } from '@trebol/contracts';
import type { BackgroundWork } from './background.ts';

/** Work that is done in rounds. */
export interface RoundsOptions {
  /** What the log calls it. */
  readonly name: string;
  readonly clock: Clock;
  /** Pause after a round, in milliseconds; `wake` ends it. */
  readonly everyMs: number;
  /** Pause after a round that failed, in milliseconds; nothing but `stop` ends it. `everyMs` by default. */
  readonly retryMs?: number;
  /** Does all that is due; may leave the rest to the next round once the signal is aborted. */
  readonly round: (signal: AbortSignal) => Promise<unknown>;
}

/**
 * Does work beside requests in rounds, one after the other: at once, then every so often, or as soon as it is woken. A failure ends the
 * round and not the work: it is logged once for each outage, not for each attempt, and the next round tries again.
 */
export class Rounds implements BackgroundWork {
  private readonly log: Logger;
  private stopping = new AbortController();
  private pause = new AbortController();
  private running: Promise<void> | undefined;
  private woken = false;
  private failure: string | undefined;

  constructor(private readonly options: RoundsOptions) {
    this.log = new Logger(options.name);
  }

  /** Does nothing while it is running. */
  start(): void {
    if (this.running !== undefined) return;
    this.stopping = new AbortController();
    this.running = this.run(this.stopping.signal);
  }

  /** Says that there is something to do; costs nothing when a round is under way, which is followed by another. */
  wake(): void {
    this.woken = true;
    this.pause.abort();
  }

  /** Returns when the round in hand has ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.running = undefined;
  }

  /** Why the last round failed; undefined when it worked. */
  lastFailure(): string | undefined {
    return this.failure;
  }

  private async run(stopping: AbortSignal): Promise<void> {
    const { clock, everyMs, retryMs = everyMs } = this.options;
    while (!stopping.aborted) {
      this.woken = false;
      if (await this.worked(stopping)) await this.rest(everyMs, stopping);
      else await clock.sleep(retryMs, stopping);
    }
  }

  private async worked(stopping: AbortSignal): Promise<boolean> {
    try {
      await this.options.round(stopping);
      this.failure = undefined;
    } catch (error) {
      if (this.failure === undefined) this.log.warn({ err: error }, 'fails and is tried again');
      this.failure = error instanceof Error ? error.message : String(error);
    }
    return this.failure === undefined;
  }

  private async rest(milliseconds: number, stopping: AbortSignal): Promise<void> {
    if (this.woken) return;
    this.pause = new AbortController();
    await this.options.clock.sleep(milliseconds, AbortSignal.any([this.pause.signal, stopping]));
  }
}
