/**
 * What the rules ask of a list in the wallet. An array is one. A list that came from a snapshot is another (`LazyList`): it knows a few
 * facts without looking inside, so that the commonest command, one more award, costs the same however long the wallet's history is.
 */
export interface ListOf<Item, Packed = unknown> extends Iterable<Item> {
  readonly length: number;
  map<Out>(how: (item: Item, index: number) => Out): Out[];
  flatMap<Out>(how: (item: Item, index: number) => Out | readonly Out[]): Out[];
  filter(which: (item: Item) => boolean): Item[];
  find(which: (item: Item) => boolean): Item | undefined;
  some(which: (item: Item) => boolean): boolean;
  every(which: (item: Item) => boolean): boolean;
  reduce<Out>(how: (sum: Out, item: Item) => Out, start: Out): Out;
  slice(): Item[];
  /** What the snapshot's bytes say; not there when the list is an array. */
  readonly packed?: Packed;
  /** What came after the snapshot; only beside `packed`. */
  readonly added?: readonly Item[];
  /** The list with more at its end and the rest still packed; only beside `packed`. */
  append?(more: readonly Item[]): ListOf<Item, Packed>;
}

/** Items in the bytes of a snapshot. */
export interface PackedItems<Item> {
  readonly count: number;
  /** All of them as data; made once. */
  unpack(): readonly Item[];
}

/** The items of a snapshot, unpacked only when somebody looks at them, and what was added since. */
export class LazyList<Item, Packed extends PackedItems<Item>> implements ListOf<Item, Packed> {
  readonly packed: Packed;
  readonly added: readonly Item[];
  private whole: readonly Item[] | undefined;

  constructor(packed: Packed, added: readonly Item[] = []) {
    this.packed = packed;
    this.added = added;
  }

  get length(): number {
    return this.packed.count + this.added.length;
  }

  append(more: readonly Item[]): LazyList<Item, Packed> {
    return new LazyList(this.packed, [...this.added, ...more]);
  }

  map<Out>(how: (item: Item, index: number) => Out): Out[] { return this.all().map(how); }
  flatMap<Out>(how: (item: Item, index: number) => Out | readonly Out[]): Out[] { return this.all().flatMap(how); }
  filter(which: (item: Item) => boolean): Item[] { return this.all().filter(which); }
  find(which: (item: Item) => boolean): Item | undefined { return this.all().find(which); }
  some(which: (item: Item) => boolean): boolean { return this.all().some(which); }
  every(which: (item: Item) => boolean): boolean { return this.all().every(which); }
  reduce<Out>(how: (sum: Out, item: Item) => Out, start: Out): Out { return this.all().reduce(how, start); }
  slice(): Item[] { return this.all().slice(); }
  [Symbol.iterator](): Iterator<Item> { return this.all()[Symbol.iterator](); }

  private all(): readonly Item[] {
    this.whole ??= this.added.length === 0 ? this.packed.unpack() : [...this.packed.unpack(), ...this.added];
    return this.whole;
  }
}

/** The list with more at its end; what a snapshot packed stays packed. */
export function appended<Item, Packed>(list: ListOf<Item, Packed>, more: readonly Item[]): ListOf<Item, Packed> {
  return list.append === undefined ? [...list, ...more] : list.append(more);
}
