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

/** Items that only ever grow at their end, shared by every list that is a beginning of them: one more item must not copy thousands. */
class Shared<Item> {
  private readonly items: Item[];
  readonly length: number;

  /** `items` must be nobody else's. */
  constructor(items: Item[]) {
    this.items = items;
    this.length = items.length;
  }

  /** The longer list. The first to add to a list goes on in its array; whoever adds to the same one later gets a copy. */
  with(more: readonly Item[]): Shared<Item> {
    const items = this.items.length === this.length ? this.items : this.items.slice(0, this.length);
    for (const item of more) items.push(item);
    return new Shared(items);
  }

  /** To be looked at now, not kept: a longer list may add to it. */
  all(): readonly Item[] {
    return this.items.length === this.length ? this.items : this.items.slice(0, this.length);
  }
}

/** The items of a snapshot, unpacked only when somebody looks at them, and what was added since. */
export class LazyList<Item, Packed extends PackedItems<Item>> implements ListOf<Item, Packed> {
  readonly packed: Packed;
  private readonly tail: Shared<Item>;
  private whole: Shared<Item> | undefined;

  private constructor(packed: Packed, tail: Shared<Item>, whole: Shared<Item> | undefined) {
    this.packed = packed;
    this.tail = tail;
    this.whole = whole;
  }

  static of<Item, Packed extends PackedItems<Item>>(packed: Packed): LazyList<Item, Packed> {
    return new LazyList(packed, new Shared<Item>([]), undefined);
  }

  /** The list upon newer bytes that say all that is in `known`: what of it was unpacked stays so. */
  static upon<Item, Packed extends PackedItems<Item>>(packed: Packed, known: ListOf<Item, Packed>): LazyList<Item, Packed> {
    return new LazyList(packed, new Shared<Item>([]), known instanceof LazyList ? known.whole : new Shared(known.slice()));
  }

  get length(): number {
    return this.packed.count + this.tail.length;
  }

  get added(): readonly Item[] {
    return this.tail.all();
  }

  append(more: readonly Item[]): LazyList<Item, Packed> {
    return new LazyList(this.packed, this.tail.with(more), this.whole?.with(more));
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

  /** Everything, to be looked at now and not kept. */
  all(): readonly Item[] {
    this.whole ??= new Shared([...this.packed.unpack(), ...this.tail.all()]);
    return this.whole.all();
  }
}

/** The items as an array, to be looked at now and not kept: a loop over one is several times as fast as over any other list. */
export function itemsOf<Item>(list: ListOf<Item>): readonly Item[] {
  if (Array.isArray(list)) return list as readonly Item[];
  return list instanceof LazyList ? (list as LazyList<Item, PackedItems<Item>>).all() : list.slice();
}

/** The list with more at its end; what a snapshot packed stays packed. */
export function appended<Item, Packed>(list: ListOf<Item, Packed>, more: readonly Item[]): ListOf<Item, Packed> {
  return list.append === undefined ? [...list, ...more] : list.append(more);
}
