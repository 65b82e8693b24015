/** Something to wait on that remembers one signal: `set` before `wait` is not lost, many `set`s are one. */
export class Latch {
  #set = false;
  #wake: (() => void) | undefined;

  set(): void {
    this.#set = true;
    this.#wake?.();
  }

  /** For one waiter at a time. */
  async wait(): Promise<void> {
    if (!this.#set) await new Promise<void>((done) => { this.#wake = done; });
    this.#wake = undefined;
    this.#set = false;
  }
}
