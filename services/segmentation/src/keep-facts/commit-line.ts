/** Changes written by one transaction at most, one from each partition of a topic: some 30 MB while they are staged. */
const CHANGES_PER_COMMIT_MAX = 12;

interface Waiting<Change> {
  readonly change: Change;
  readonly durable: () => void;
  readonly failed: (reason: unknown) => void;
}

/** One transaction after the other; changes that came meanwhile share the next one, because a commit waits for the disk, whatever it holds. */
export class CommitLine<Change> {
  readonly #commit: (changes: readonly Change[]) => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  readonly #waiting: Waiting<Change>[] = [];

  constructor(commit: (changes: readonly Change[]) => Promise<void>) {
    this.#commit = commit;
  }

  /** Resolves when the change is durable; a throw means that nothing of it was applied. */
  async add(change: Change): Promise<void> {
    const { promise, resolve: durable, reject: failed } = Promise.withResolvers<void>();
    this.#waiting.push({ change, durable, failed });
    this.#last = this.#last.then(() => this.#next());
    await promise;
  }

  /** Resolves when nothing is in hand. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #next(): Promise<void> {
    if (this.#waiting.length === 0) return;
    await nextTurn(); // batches of all partitions arrive with one fetch: the first of them must not go alone
    const group = this.#waiting.splice(0, CHANGES_PER_COMMIT_MAX);
    try {
      await this.#commit(group.map(({ change }) => change));
      for (const { durable } of group) durable();
    } catch {
      // One of them cannot be applied; the others must not fail with it.
      for (const { change, durable, failed } of group) await this.#commit([change]).then(durable, failed);
    }
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });
