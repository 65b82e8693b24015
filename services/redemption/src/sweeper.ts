import { Logger } from '@nestjs/common';
import type { Clock } from '@trebol/contracts';

/** What is done again and again: `runOnce` does all that is due. */
export interface Sweeping {
  readonly name: string;
  readonly everyMilliseconds: number;
  readonly clock: Clock;
  runOnce(): Promise<unknown>;
}

/** Runs work in the background, every so often or when woken; a failure is told and the work tried again at the next turn. */
export class Sweeper {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private wakened = false;
  private wakeUp: () => void = () => undefined;

  constructor(private readonly sweeping: Sweeping) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Says that there is something to do. */
  wake(): void {
    this.wakened = true;
    this.wakeUp();
  }

  /** Returns when the work in hand is done. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wakeUp();
    await this.running;
  }

  private async run(): Promise<void> {
    const { name, everyMilliseconds, clock } = this.sweeping;
    while (!this.stopping.signal.aborted) {
      this.wakened = false;
      try {
        await this.sweeping.runOnce();
      } catch (error) {
        new Logger(name).warn(`fails and is tried again: ${String(error)}`);
      }
      const pause = new AbortController();
      this.wakeUp = () => pause.abort();
      if (!this.wakened && !this.stopping.signal.aborted) await clock.sleep(everyMilliseconds, pause.signal);
    }
  }
}
