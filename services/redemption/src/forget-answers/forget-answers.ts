import { Logger } from '@nestjs/common';
import type { IdempotencyStore } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';

/** Answers are kept for two days by the chassis; an hour more or less does not matter. */
const EVERY_MILLISECONDS = 3_600_000;

/** Deletes remembered answers whose time is over, so that the table does not grow without end. */
export class ForgetAnswers {
  private readonly log = new Logger('ForgetAnswers');
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly store: IdempotencyStore, private readonly clock: Clock) {}

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Deletes all that is due, batch by batch; answers how many. */
  async runOnce(): Promise<number> {
    let total = 0;
    for (;;) {
      const forgotten = await this.store.forgetExpired();
      total += forgotten;
      if (forgotten === 0 || this.stopping.signal.aborted) return total;
    }
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.runOnce();
      } catch (error) {
        this.log.warn(`forgetting old answers fails and is tried again: ${String(error)}`);
      }
      await this.clock.sleep(EVERY_MILLISECONDS, this.stopping.signal);
    }
  }
}
