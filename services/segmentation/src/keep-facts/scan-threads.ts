import type { DuckDBInstance } from '@duckdb/node-api';

/**
 * Threads while only batches are written. With more of them, the one that runs a statement spins while another works on it: for the small
 * statements of a batch that is a third of all their time.
 */
export const WRITING_THREADS = 1;

/** DuckDB's threads belong to the whole instance: given to those who read through all facts, taken back after the last of them. */
export class ScanThreads {
  readonly #instance: DuckDBInstance;
  readonly #threads: number;
  #scans = 0;

  constructor(instance: DuckDBInstance, threads: number) {
    this.#instance = instance;
    this.#threads = threads;
  }

  /** Runs `scan` with all threads. */
  async during<T>(scan: () => Promise<T>): Promise<T> {
    this.#scans += 1;
    if (this.#scans === 1) await this.#use(this.#threads);
    try {
      return await scan();
    } finally {
      this.#scans -= 1;
      if (this.#scans === 0) await this.#use(WRITING_THREADS);
    }
  }

  async #use(threads: number): Promise<void> {
    if (this.#threads === WRITING_THREADS) return;
    const connection = await this.#instance.connect();
    try {
      await connection.run(`SET threads TO ${threads}`);
    } finally {
      connection.disconnectSync();
    }
  }
}
