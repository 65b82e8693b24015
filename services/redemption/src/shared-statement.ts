import { Problem } from '@trebol/chassis';
import type { DataSource } from 'typeorm';

/** Requests of one statement: bounds how long the first of them waits for the last, and the size of the arrays. */
const TOGETHER_MAX = 200;
/** Requests that may wait: at the pace of groups a few tenths of a second; more would wait for tills that have given up. */
const WAITING_MAX = 4_096;

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly name: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Requests that arrive while a statement runs share the next one: one round trip and one flush to disk for all of them, and the next
 * starts when the previous one ends; there are no timers. `run` gives one answer for each item, in order. Two items of one name
 * never share a statement. They come to it sorted by name, so that processes which want the same rows wait in one direction only.
 */
export class SharedStatement<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];
  private running = false;

  constructor(private readonly nameOf: (item: Item) => string, private readonly run: (items: readonly Item[]) => Promise<readonly Answer[]>) {}

  /** Throws `overloaded` when too many wait; nothing is written then. A fault of one item is told to that one only. */
  async ask(item: Item): Promise<Answer> {
    if (this.waiting.length >= WAITING_MAX) throw new Problem('overloaded');
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, name: this.nameOf(item), resolve, reject });
      if (!this.running) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.running = true;
    // What is asked in the same turn of the event loop belongs together from the first group on.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.answer(this.take());
    this.running = false;
  }

  private take(): Waiting<Item, Answer>[] {
    const group = new Map<string, Waiting<Item, Answer>>();
    const left: Waiting<Item, Answer>[] = [];
    for (const next of this.waiting) {
      if (group.size < TOGETHER_MAX && !group.has(next.name)) group.set(next.name, next);
      else left.push(next);
    }
    this.waiting = left;
    return [...group.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  private async answer(group: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.run(group.map(({ item }) => item));
      group.forEach(({ resolve, reject }, index) => {
        const answer = answers[index];
        if (answer === undefined) reject(new Error('a request was left without an answer'));
        else resolve(answer);
      });
    } catch (error) {
      const [first] = group;
      if (group.length === 1) first?.reject(error);
      else for (const one of group) await this.answer([one]);
    }
  }
}

/** A statement with the name under which each connection keeps its plan. */
export interface Prepared { readonly name: string; readonly text: string }

interface RawClient {
  query(statement: { readonly name: string; readonly text: string; readonly values: readonly unknown[] }): Promise<{ readonly rows: unknown[] }>;
}

/** Rows of a prepared statement: what runs thousands of times a second is planned once for each connection. */
export async function rowsOf<Row>(dataSource: DataSource, { name, text }: Prepared, values: readonly unknown[]): Promise<readonly Row[]> {
  const runner = dataSource.createQueryRunner();
  try {
    const client = await runner.connect() as RawClient;
    return (await client.query({ name, text, values })).rows as Row[];
  } finally {
    await runner.release();
  }
}
