/** Tells waiting readers of this process that something was appended. */
export class Bell {
  private controller = new AbortController();

  /**
   * Aborts at the next `ring`. Take it before reading the end of the log: an append that comes after the read has then
   * aborted it already, so that no wake-up is lost between reading and waiting.
   */
  get rung(): AbortSignal {
    return this.controller.signal;
  }

  ring(): void {
    const { controller } = this;
    this.controller = new AbortController();
    controller.abort();
  }
}
