/** Smallest room in bytes: less than any wallet with its name needs. */
const SMALLEST_BYTES = 64;

/** Each class of rooms is an eighth larger than the one before: at most a ninth of a room is empty, a twentieth on average. */
const GROWTH = 1.125;

/** Bytes of a slab: large enough that slabs are few, small enough that a half-used one does not matter. */
const SLAB_BYTES = 262_144;

/** Where a record lies: its class of rooms and the number of the room. */
export interface Room {
  readonly sizeClass: number;
  readonly room: number;
}

/**
 * Many byte strings of changing length in a few large buffers, without an object for each: what the garbage collector does not see costs
 * it nothing. Rooms of one size share slabs; a freed room is the next to be given.
 */
export class ByteSlabs {
  private readonly slabs: Buffer[][] = [];
  private readonly free: number[][] = [];
  private readonly used: number[] = [];

  /** A room for so many bytes. */
  take(size: number): Room {
    const sizeClass = classOf(size);
    const freed = this.free[sizeClass]?.pop();
    if (freed !== undefined) return { sizeClass, room: freed };
    const room = this.used[sizeClass] ?? 0;
    this.used[sizeClass] = room + 1;
    const slabs = this.slabs[sizeClass] ??= [];
    const rooms = perSlab(sizeClass);
    if (room === slabs.length * rooms) slabs.push(Buffer.allocUnsafeSlow(rooms * roomBytes(sizeClass)));
    return { sizeClass, room };
  }

  giveBack({ sizeClass, room }: Room): void {
    (this.free[sizeClass] ??= []).push(room);
  }

  /** The bytes of a room: a view, good until the room is given back. */
  view({ sizeClass, room }: Room, size: number): Buffer {
    const slab = this.slabs[sizeClass]?.[Math.floor(room / perSlab(sizeClass))];
    if (slab === undefined) throw new RangeError(`There is no room ${room} of class ${sizeClass}`);
    const from = (room % perSlab(sizeClass)) * roomBytes(sizeClass);
    return slab.subarray(from, from + size);
  }
}

const sizes: number[] = [];

/** Bytes of a room of a class. */
export function roomBytes(sizeClass: number): number {
  while (sizes.length <= sizeClass) sizes.push(Math.ceil(((sizes.at(-1) ?? SMALLEST_BYTES / GROWTH) * GROWTH) / 8) * 8);
  return sizes[sizeClass] ?? SMALLEST_BYTES;
}

/** The smallest class that so many bytes fit into. */
export function classOf(size: number): number {
  let sizeClass = 0;
  while (roomBytes(sizeClass) < size) sizeClass += 1;
  return sizeClass;
}

const perSlab = (sizeClass: number): number => Math.max(1, Math.floor(SLAB_BYTES / roomBytes(sizeClass)));
