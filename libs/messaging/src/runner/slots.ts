/** At most `max` pieces of work at once; who asked first goes first, so that no partition starves another. */
export class Slots {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(max: number) {
    this.#free = max;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((turn) => { this.#queue.push(turn); });
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
