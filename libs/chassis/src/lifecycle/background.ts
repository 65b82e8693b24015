import { Logger } from '@nestjs/common';

/** Work that goes on beside requests: sweepers, relays, projectors. */
export interface BackgroundWork {
  start(): void | Promise<void>;
  /** Resolves when the work in hand is finished and nothing new will begin. */
  stop(): void | Promise<void>;
}

/** Starts background work in the order it was added, and stops it in the reverse order. */
export class Background {
  readonly #all: { name: string; work: BackgroundWork }[] = [];
  readonly #running: { name: string; work: BackgroundWork }[] = [];
  readonly #log = new Logger(Background.name);

  add(name: string, work: BackgroundWork): this {
    this.#all.push({ name, work });
    return this;
  }

  /** Starts all; when one fails, those already started are stopped and the error is thrown. */
  async start(): Promise<void> {
    for (const entry of this.#all) {
      try {
        await entry.work.start();
      } catch (error) {
        await this.stop();
        throw new Error(`background work ${entry.name} did not start`, { cause: error });
      }
      this.#running.push(entry);
    }
  }

  /** Stops what runs, last started first. One that fails to stop is logged and does not keep the others running. */
  async stop(): Promise<void> {
    for (let entry = this.#running.pop(); entry !== undefined; entry = this.#running.pop()) {
      try {
        await entry.work.stop();
      } catch (error) {
        this.#log.error({ err: error, name: entry.name }, 'background work did not stop cleanly');
      }
    }
  }
}
