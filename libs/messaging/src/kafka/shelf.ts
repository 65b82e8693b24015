import type { Parked, ParkedRecord } from './parked-record.ts';

/** What is parked of one partition of a group: a fold of that partition of the dead-letter topic, kept up to date by its holder. */
export class Shelf {
  readonly #parked = new Map<bigint, Parked>();
  /** Offsets by key, in no order. */
  readonly #byKey = new Map<string, Set<bigint>>();
  readonly #asked = new Set<bigint>();
  /** For the runner: live, not a copy. */
  readonly keys: Set<string> = new Set();

  /** Applying the same record twice changes nothing. */
  apply(record: ParkedRecord): void {
    switch (record.kind) {
      case 'parked': {
        this.#parked.set(record.offset, record.parked);
        const offsets = this.#byKey.get(record.parked.key) ?? new Set();
        this.#byKey.set(record.parked.key, offsets.add(record.offset));
        this.keys.add(record.parked.key);
        break;
      }
      case 'passed':
        this.#remove(record.offset);
        break;
      case 'asked':
        if (this.#parked.has(record.offset)) this.#asked.add(record.offset);
        break;
      case 'answered':
        this.#asked.delete(record.offset);
        break;
      default: {
        const never: never = record;
        throw new Error(`unknown record ${String(never)}`);
      }
    }
  }

  /** Takes the state of another one, keeping `keys` the same object. */
  become(other: Shelf): void {
    this.#parked.clear();
    this.#byKey.clear();
    this.#asked.clear();
    this.keys.clear();
    for (const [offset, parked] of other.#parked) this.apply({ kind: 'parked', offset, parked });
    for (const offset of other.#asked) this.#asked.add(offset);
  }

  get(offset: bigint): Parked | undefined {
    return this.#parked.get(offset);
  }

  /** Failed messages, oldest first. */
  failed(): readonly (Parked & { readonly offset: bigint; readonly waiting: number; readonly replaying: boolean })[] {
    return [...this.#parked].filter(([, parked]) => parked.failed !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([offset, parked]) => ({
        ...parked, offset, replaying: this.#asked.has(offset),
        waiting: [...this.#byKey.get(parked.key) ?? []].filter((other) => other > offset).length,
      }));
  }

  /** Keys asked for. */
  get hasReplay(): boolean {
    return this.#asked.size > 0;
  }

  /** The first asked key's parked messages, in order, `most` of them at most. */
  nextReplay(most: number): readonly bigint[] {
    const [first] = this.#asked;
    const key = first === undefined ? undefined : this.#parked.get(first)?.key;
    return key === undefined ? [] : this.#offsetsOf(key).slice(0, most);
  }

  /** What the key's next message is once those up to `offset` have passed. */
  after(key: string, offset: bigint): bigint | undefined {
    return this.#offsetsOf(key).find((candidate) => candidate > offset);
  }

  /** Requests that concern a key. */
  askedOf(key: string): readonly bigint[] {
    return [...this.#asked].filter((offset) => this.#parked.get(offset)?.key === key);
  }

  #offsetsOf(key: string): bigint[] {
    return [...this.#byKey.get(key) ?? []].sort((a, b) => (a < b ? -1 : 1));
  }

  #remove(offset: bigint): void {
    const key = this.#parked.get(offset)?.key;
    this.#parked.delete(offset);
    this.#asked.delete(offset);
    if (key === undefined) return;
    const offsets = this.#byKey.get(key);
    offsets?.delete(offset);
    if (offsets && offsets.size > 0) return;
    this.#byKey.delete(key);
    this.keys.delete(key);
  }
}
