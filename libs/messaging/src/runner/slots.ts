interface Waiting { readonly messages: number; readonly turn: () => void }

/**
 * So many messages in hand at once, in as many pieces of work as they make: memory is what is short, and small batches that are handled
 * together can share a commit. Who asked first goes first, so that no partition starves another; a piece larger than all room goes alone.
 */
export class Slots {
  readonly #room: number;
  #taken = 0;
  readonly #queue: Waiting[] = [];

  constructor(messagesMax: number) {
    this.#room = messagesMax;
  }

  async run<T>(messages: number, work: () => Promise<T>): Promise<T> {
    const wanted = Math.min(messages, this.#room);
    if (this.#queue.length === 0 && this.#taken + wanted <= this.#room) this.#taken += wanted;
    else await new Promise<void>((turn) => { this.#queue.push({ messages: wanted, turn }); });
    try {
      return await work();
    } finally {
      this.#taken -= wanted;
      this.#admit();
    }
  }

  #admit(): void {
    for (let next = this.#queue[0]; next && this.#taken + next.messages <= this.#room; next = this.#queue[0]) {
      this.#queue.shift();
      this.#taken += next.messages;
      next.turn();
    }
  }
}
