import type { StreamName } from '../port.ts';

interface Waiting { readonly bytes: number; readonly go: () => void }

/** Lets so many pieces of work run at once, and so many bytes, first come first served. One piece above the bytes goes alone. */
export class Slots {
  private readonly waiting: Waiting[] = [];
  private next = 0;
  private running = 0;
  private bytes = 0;

  constructor(private readonly countMax: number, private readonly bytesMax: number) {}

  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.next === this.waiting.length && this.fits(bytes)) this.take(bytes);
    else await new Promise<void>((go) => { this.waiting.push({ bytes, go }); });
    try {
      return await work();
    } finally {
      this.running -= 1;
      this.bytes -= bytes;
      this.letIn();
    }
  }

  private fits(bytes: number): boolean {
    return this.running === 0 || (this.running < this.countMax && this.bytes + bytes <= this.bytesMax);
  }

  private take(bytes: number): void {
    this.running += 1;
    this.bytes += bytes;
  }

  private letIn(): void {
    for (let first = this.waiting[this.next]; first && this.fits(first.bytes); first = this.waiting[this.next]) {
      this.take(first.bytes);
      this.next += 1;
      first.go();
    }
    if (this.next === this.waiting.length) {
      this.waiting.length = 0;
      this.next = 0;
    }
  }
}

/** One after the other for each stream, whoever asks: a stream never has two appends in flight. */
export class StreamTurns {
  private readonly last = new Map<StreamName, Promise<unknown>>();

  async run<T>(stream: StreamName, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(stream);
    const mine = before === undefined ? work() : before.then(work);
    const done = mine.catch(() => undefined);
    this.last.set(stream, done);
    try {
      return await mine;
    } finally {
      if (this.last.get(stream) === done) this.last.delete(stream);
    }
  }
}
